#include "parity_case.hpp"

namespace plaquette::test {
namespace {

constexpr Attention kAttentions[] = {Attention::factored, Attention::t5, Attention::decoupled};

std::vector<NetworkCase> awkward_networks() {
  using enum Attention;
  const auto square = LatticeKind::square;
  const auto chain = LatticeKind::chain;
  return {
      {square, 2, {1, 1, 1, 1, 1, factored, true}},  // one channel
      {square, 2, {1, 4, 2, 1, 2, t5, true}},        // double bonds
      {square, 4, {4, 6, 3, 1, 2, factored, true}},  // one token
      {square, 4, {4, 6, 3, 2, 2, t5, true}},        // softmax over one token
      {square, 4, {4, 6, 2, 1, 2, decoupled, false}},
      {square, 4, {1, 4, 4, 1, 1, factored, false}},  // heads = d, f = 1
      {square, 4, {1, 5, 5, 2, 1, decoupled, true}},  // odd width
      {square, 4, {1, 8, 4, 1, 4, t5, true}},
      {square, 4, {2, 7, 1, 1, 3, decoupled, false}},  // one head
      {square, 6, {3, 20, 4, 1, 2, factored, true}},
      {square, 6, {3, 20, 4, 1, 2, decoupled, false}},
      {square, 6, {1, 6, 2, 1, 1, factored, true}},  // many tokens
      {chain, 8, {2, 12, 3, 2, 2, factored, false}},
      {chain, 8, {8, 5, 5, 1, 1, t5, true}},  // the chain in one patch
      {chain, 4, {1, 3, 3, 1, 1, decoupled, true}},
  };
}

std::vector<NetworkCase> regular_networks() {
  std::vector<NetworkCase> networks;
  for (const Attention attention : kAttentions) {
    for (const bool invariant : {true, false}) {
      networks.push_back({LatticeKind::square, 4, {2, 8, 2, 2, 4, attention, invariant}});
      networks.push_back({LatticeKind::square, 6, {2, 20, 4, 2, 4, attention, invariant}});
    }
    networks.push_back({LatticeKind::chain, 8, {2, 12, 3, 2, 2, attention, true}});
  }
  return networks;
}

std::vector<ParityCase> on_every_backend(const std::vector<NetworkCase>& networks) {
  std::vector<ParityCase> cases;
  for (const BackendKind backend : usable_backends()) {
    for (const NetworkCase& network : networks) cases.push_back({network, backend});
  }
  return cases;
}

}  // namespace

std::vector<ParityCase> parity_cases() {
  std::vector<NetworkCase> networks = awkward_networks();
  for (const NetworkCase& network : regular_networks()) networks.push_back(network);
  std::vector<ParityCase> cases = on_every_backend(networks);
  const NetworkChoice paper{2, 60, 10, 4, 4, Attention::factored, true};
  for (ParityCase& paper_case : on_every_backend({{LatticeKind::square, 10, paper}})) {
    paper_case.batches = {1, 3};
    cases.push_back(paper_case);
  }
  return cases;
}

std::vector<ParityCase> small_parity_cases() {
  std::vector<NetworkCase> networks;
  for (const Attention attention : kAttentions) {
    networks.push_back({LatticeKind::square, 4, {2, 4, 2, 1, 2, attention, true}});
    networks.push_back({LatticeKind::chain, 8, {2, 3, 3, 1, 1, attention, false}});
  }
  return on_every_backend(networks);
}

std::unique_ptr<Backend> make_backend(const ParityCase& parity_case, const Problem& problem,
                                      const std::vector<double>& theta,
                                      const Resources& resources) {
  auto backend = plaquette::make_backend(parity_case.backend, problem, resources);
  backend->set_parameters(theta);
  return backend;
}

}  // namespace plaquette::test
