#pragma once

#include <csignal>

namespace plaquette {

/// Turns the first SIGINT and the first SIGTERM into a number to look at; a second one of the same
/// kind ends the program at once, as it would without us.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  const volatile std::sig_atomic_t* received() const;
  /// 130 or 143, as a shell would report the signal.
  int exit_status() const;
};

}  // namespace plaquette
