#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <initializer_list>
#include <string>

namespace plaquette::test {

/// The message of the Expected that `call` throws; a text that says so if it does not.
template <class Expected, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "no exception";
}

/// Whether a message contains every one of `parts`.
inline ::testing::AssertionResult mentions(const std::string& message,
                                           std::initializer_list<std::string> parts) {
  for (const std::string& part : parts) {
    if (message.find(part) == std::string::npos) {
      return ::testing::AssertionFailure()
             << "\"" << message << "\" does not mention \"" << part << '"';
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace plaquette::test
