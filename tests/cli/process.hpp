#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/scratch_directory.hpp"

namespace plaquette::test {

struct ProcessResult {
  int status = 0;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

/// The program under test, started with arguments; its streams go to files of a scratch directory.
class Process {
 public:
  /// file_size_limit: RLIMIT_FSIZE in bytes, 0 for none. error_file: takes stderr's place.
  explicit Process(const std::vector<std::string>& arguments, const std::string& input = "",
                   std::size_t file_size_limit = 0, const std::string& error_file = "");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  ProcessResult wait();

 private:
  ScratchDirectory streams_;
  pid_t pid_ = -1;
};

/// Runs `plaquette arguments...` to its end.
ProcessResult plaquette_program(const std::vector<std::string>& arguments,
                                const std::string& input = "");

}  // namespace plaquette::test
