#pragma once

#include <csignal>

#include "plaquette/base/interruption.hpp"

namespace plaquette {

/// Turns the first SIGINT, SIGTERM or SIGUSR1 (what a cluster may send before the end) into a
/// request to stop; a second one of the same kind ends the program at once, as it would without us.
class SignalWatch {
 public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  Interruption interruption() const;
  /// 130, 143 or 138, as a shell would report the signal that came first.
  int exit_status() const;
};

}  // namespace plaquette
