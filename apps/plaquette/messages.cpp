#include "messages.hpp"

#include <cstdio>

namespace plaquette {

void tell(std::string_view text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

}  // namespace plaquette
