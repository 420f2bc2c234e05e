#pragma once

#include <string>
#include <string_view>

namespace plaquette {

/// Any bytes as text inside HTML, XML or a quoted attribute: &, <, >, " and ' by their names; what
/// is no UTF-8, and characters that XML has no place for, as U+FFFD.
std::string html_text(std::string_view bytes);

}  // namespace plaquette
