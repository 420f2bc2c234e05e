#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <span>

#include "commands.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/build_info.hpp"

namespace plaquette {
namespace {

struct Subcommand {
  const char* name;
  int (*call)(const Arguments&);
  const char* purpose;
};

constexpr Subcommand kSubcommands[] = {
    {"run", run_command, "search for a ground state"},
    {"resume", resume_command, "continue a run, bit for bit as if it had never stopped"},
    {"measure", measure_command, "observables of a wave function, with error bars"},
    {"attention", attention_command, "attention maps, and their spread over inputs"},
    {"extrapolate", extrapolate_command, "energy at zero variance from a set of runs"},
    {"report", report_command, "a page about runs: how they went, what to do next"},
    {"exact", exact_command, "exact diagonalisation of small lattices"},
    {"log-psi", log_psi_command, "amplitudes and local energies of given configurations"},
    {"bench", bench_command, "time per phase of a step, backends side by side"},
    {"profile", profile_command, "attention kernels against the roofline"},
    {"info", info_command, "build, devices, memory plan; or what a file holds"},
};

std::string usage() {
  std::string text = "usage: plaquette COMMAND [options]\n\n";
  for (const Subcommand& command : kSubcommands) {
    text += fmt::format("  {:<11} {}\n", command.name, command.purpose);
  }
  return text + "\nplaquette COMMAND --help lists a command's options.\n";
}

constexpr int kFailed = 1;
constexpr int kBadInput = 2;

/// One line on stderr, whatever the message holds.
int report(const std::string& command, std::string message, int status) {
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  tell_line("plaquette{}{}: {}", command.empty() ? "" : " ", command, message);
  return status;
}

int dispatch(const std::string& name, const Arguments& arguments) {
  if (name == "--help" || name == "-h") {
    fmt::print("{}", usage());
    return 0;
  }
  if (name == "--version") {
    fmt::print("plaquette {} ({})\n", kVersion, kGitCommit);
    return 0;
  }
  for (const Subcommand& command : kSubcommands) {
    if (name == command.name) return command.call(arguments);
  }
  std::string known;
  for (const Subcommand& command : kSubcommands) {
    known += (known.empty() ? "" : ", ") + std::string(command.name);
  }
  throw InputError(concat("unknown command '", name, "'; commands are ", known));
}

}  // namespace
}  // namespace plaquette

int main(int argc, char** argv) {
  using namespace plaquette;
  // A write beyond a file-size limit must come back as an error to report, not kill the run.
  std::signal(SIGXFSZ, SIG_IGN);
  // The same of a pipe whose reader has gone.
  std::signal(SIGPIPE, SIG_IGN);
  if (argc < 2) {
    tell(usage());
    return kBadInput;
  }
  const std::string name = argv[1];
  const std::string shown = name.starts_with("-") ? "" : name;
  try {
    const int status = dispatch(name, Arguments(argv + 2, argv + argc));
    if (std::fflush(stdout) != 0) throw IoError("standard output could not be written");
    return status;
  } catch (const InputError& error) {
    return report(shown, error.what(), kBadInput);
  } catch (const std::bad_alloc&) {
    return report(shown, "out of memory; lower --memory-limit", kFailed);
  } catch (const std::exception& error) {
    return report(shown, error.what(), kFailed);
  }
}
