#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <functional>
#include <string>

#include "plaquette/base/errors.hpp"

namespace plaquette::test {

/// Runs `call` in a child process that `restrict_child` has restricted, and returns "IoError:
/// <message>", another exception's message, or what else became of the child.
inline std::string message_of_child(const std::function<void()>& restrict_child,
                                    const std::function<void()>& call) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    restrict_child();
    std::string said = "no exception";
    try {
      call();
    } catch (const IoError& error) {
      said = std::string("IoError: ") + error.what();
    } catch (const std::exception& error) {
      said = std::string("another exception: ") + error.what();
    }
    const ssize_t written = ::write(ends[1], said.data(), said.size());
    ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char part[256];
  for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;) {
    said.append(part, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : "the child died: " + said;
}

/// No file may grow beyond `limit` bytes.
inline std::string message_on_full_disk(std::size_t limit, const std::function<void()>& call) {
  return message_of_child(
      [limit] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{limit, limit};
        ::setrlimit(RLIMIT_FSIZE, &small);
      },
      call);
}

/// The superuser, whom permissions do not stop, becomes nobody.
inline std::string message_of_ordinary_user(const std::function<void()>& call) {
  return message_of_child(
      [] {
        constexpr uid_t kNobody = 65534;
        if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
      },
      call);
}

}  // namespace plaquette::test
