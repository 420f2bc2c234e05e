#include "signals.hpp"

namespace plaquette {
namespace {

volatile std::sig_atomic_t received_signal = 0;

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGUSR1};

void remember(int signal) {
  if (received_signal == 0) received_signal = signal;
}

void install(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

SignalWatch::SignalWatch() {
  received_signal = 0;
  for (const int signal : kSignals) {
    install(signal, remember, static_cast<int>(SA_RESETHAND) | SA_RESTART);
  }
}

SignalWatch::~SignalWatch() {
  for (const int signal : kSignals) install(signal, SIG_DFL, 0);
}

Interruption SignalWatch::interruption() const { return Interruption(received_signal); }

int SignalWatch::exit_status() const { return 128 + static_cast<int>(received_signal); }

}  // namespace plaquette
