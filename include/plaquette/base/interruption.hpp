#pragma once

#include <csignal>

#include "plaquette/base/errors.hpp"

namespace plaquette {

/// Work was given up because a stop was asked for. What it was to change is as it was before it.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

/// A request to stop that a signal handler makes and long work looks at between its pieces, so that
/// no piece of more than a few seconds stands between two looks. A value: copies look at the same
/// request; one made by default is never asked to stop.
class Interruption {
 public:
  Interruption() = default;
  /// Requested once `request` is not 0. It must outlive every copy.
  explicit Interruption(const volatile std::sig_atomic_t& request) : request_(&request) {}

  bool requested() const { return request_ != nullptr && *request_ != 0; }
  /// Throws Interrupted if a stop was asked for.
  void poll() const {
    if (requested()) throw Interrupted();
  }

 private:
  const volatile std::sig_atomic_t* request_ = nullptr;
};

}  // namespace plaquette
