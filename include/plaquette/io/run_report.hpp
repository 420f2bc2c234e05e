#pragma once

#include <string>

#include "plaquette/io/report_panels.hpp"

namespace plaquette {

/// One page about the runs, overlaid: HTML that is XML too, with all it needs in itself: no script,
/// nothing from a network. `made` says when and by what. At least one run.
std::string report_page(Runs runs, const std::string& made);

}  // namespace plaquette
