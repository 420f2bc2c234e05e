#include "backend_choice.hpp"

#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {

std::string auto_backend_message() {
  const BackendKind taken = preferred_backend();
  std::string others;
  for (const BackendStatus& status : backend_statuses()) {
    if (!status.usable) others += fmt::format(" ({}: {})", word(status.kind), status.description);
  }
  return fmt::format("backend auto: {}: {}{}", word(taken), backend_status(taken).description,
                     others);
}

void announce_auto_backend(const JobOptions& options, bool quiet) {
  if (!options.backend && !quiet) tell_line("{}", auto_backend_message());
}

}  // namespace plaquette
