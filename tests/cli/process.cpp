#include "cli/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace plaquette::test {

Process::Process(const std::vector<std::string>& arguments, const std::string& input,
                 std::size_t file_size_limit, const std::string& error_file) {
  put_contents(streams_ / "in", input);
  const std::string in = (streams_ / "in").string();
  const std::string out = (streams_ / "out").string();
  put_contents(streams_ / "err", "");
  const std::string err = error_file.empty() ? (streams_ / "err").string() : error_file;
  std::vector<char*> argv;
  std::string program = PLAQUETTE_BINARY;
  argv.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string& copy : copies) argv.push_back(copy.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  // Only async-signal-safe calls from here to exec.
  dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  if (file_size_limit > 0) {
    const rlimit limit{file_size_limit, file_size_limit};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  execv(program.c_str(), argv.data());
  _exit(127);
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void Process::signal(int number) const { kill(pid_, number); }

ProcessResult Process::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          contents(streams_ / "out"), contents(streams_ / "err")};
}

ProcessResult plaquette_program(const std::vector<std::string>& arguments,
                                const std::string& input) {
  return Process(arguments, input).wait();
}

}  // namespace plaquette::test
