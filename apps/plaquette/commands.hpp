#pragma once

#include <string>
#include <vector>

namespace plaquette {

/// Each subcommand parses its own arguments (without the program's and its own name) and returns
/// the exit status. Throws InputError for status 2, other errors for status 1.
using Arguments = std::vector<std::string>;

int run_command(const Arguments& arguments);
int resume_command(const Arguments& arguments);
int measure_command(const Arguments& arguments);
int attention_command(const Arguments& arguments);
int extrapolate_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int exact_command(const Arguments& arguments);
int log_psi_command(const Arguments& arguments);
int info_command(const Arguments& arguments);
int bench_command(const Arguments& arguments);
int profile_command(const Arguments& arguments);

}  // namespace plaquette
