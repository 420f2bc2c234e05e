#pragma once

#include <optional>
#include <string>

namespace plaquette::cuda {

/// Why the current device cannot run what was compiled into this program: it has no context to
/// give (another process owns it), or the kernels were compiled for other devices. Nothing if it
/// can. Opens the context.
std::optional<std::string> why_kernels_do_not_run();

}  // namespace plaquette::cuda
