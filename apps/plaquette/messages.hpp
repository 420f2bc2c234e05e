#pragma once

#include <string_view>
#include <utility>

#include "fmt/core.h"

namespace plaquette {

/// Writes to stderr and forgets: a full disk or a closed pipe there must not end a run.
void tell(std::string_view text) noexcept;

/// The same, formatted, with an end of line.
template <class... Arguments>
void tell_line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  tell(fmt::format(format, std::forward<Arguments>(arguments)...) + "\n");
}

}  // namespace plaquette
