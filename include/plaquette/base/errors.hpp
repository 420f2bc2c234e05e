#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace plaquette {

/// Root of everything this project throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked for something that cannot be: the message names the option or file, the value
/// and what is allowed. The CLI exits with status 2.
class InputError : public Error {
 public:
  using Error::Error;
};

/// The job does not fit: the message names the bytes needed and the option to change. Status 2.
class CapacityError : public InputError {
 public:
  using InputError::InputError;
};

/// Arithmetic left the finite numbers and no recovery helped. Status 1.
class NumericalError : public Error {
 public:
  using Error::Error;
};

/// A file could not be written or read back for reasons outside the program. Status 1.
class IoError : public Error {
 public:
  using Error::Error;
};

/// Concatenates anything that has operator<<.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace plaquette

/// Precondition of a public function: throws std::logic_error that names the condition and the
/// values. A failure is a bug of the caller, never of the user's input.
#define PLAQUETTE_REQUIRE(condition, ...)                                                          \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      throw std::logic_error(                                                                      \
          ::plaquette::concat(__FILE__, ':', __LINE__, ": need ", #condition, "; ", __VA_ARGS__)); \
    }                                                                                              \
  } while (false)
