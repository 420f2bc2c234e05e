#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/measurement.hpp"
#include "support/backend_test.hpp"
#include "support/network_case.hpp"

// `measure` against expectation values of the whole state vector, and against exact
// diagonalisation. Statistical tests have fixed seeds and state how many errors they allow.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;
using StateVector = std::vector<Complex>;

/// A state on the whole sector, on which operators act by looking states up in a map.
class ExactState {
 public:
  ExactState(const Lattice& lattice, const StateVector& psi)
      : lattice_(lattice), states_(zero_magnetisation_states(lattice.sites())), psi_(psi) {
    double norm = 0;
    for (const Complex amplitude : psi_) norm += std::norm(amplitude);
    for (Complex& amplitude : psi_) amplitude /= std::sqrt(norm);
    for (std::size_t k = 0; k < states_.size(); ++k) index_[states_[k]] = k;
  }

  const StateVector& vector() const { return psi_; }

  /// S_i·S_j ψ: exchanging two spins is (1 + 4 S_i·S_j)/2.
  StateVector spin_product(int i, int j) const {
    StateVector out(psi_.size());
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const std::uint64_t bit_i = states_[k] >> i & 1;
      const std::uint64_t bit_j = states_[k] >> j & 1;
      std::uint64_t exchanged = states_[k];
      if (bit_i != bit_j) exchanged ^= std::uint64_t{1} << i ^ std::uint64_t{1} << j;
      out[k] = i == j ? 0.75 * psi_[k] : 0.5 * psi_[index_.at(exchanged)] - 0.25 * psi_[k];
    }
    return out;
  }

  StateVector apply(const Hamiltonian& hamiltonian) const {
    StateVector out(psi_.size(), 0.0);
    for (const Bond& bond : hamiltonian.bonds) {
      const StateVector term = spin_product(bond.i, bond.j);
      for (std::size_t k = 0; k < out.size(); ++k) out[k] += bond.Jz * term[k];
    }
    return out;
  }

  /// 1/N Σ_i f(i, site r away).
  double average(int r, const std::function<double(int, int)>& f) const {
    double sum = 0;
    for (int i = 0; i < lattice_.sites(); ++i) sum += f(i, moved(i, r));
    return sum / lattice_.sites();
  }
  int moved(int i, int r) const {
    return lattice_.site(i / lattice_.columns + r / lattice_.columns,
                         (i % lattice_.columns + r % lattice_.columns) % lattice_.columns);
  }

 private:
  Lattice lattice_;
  std::vector<std::uint64_t> states_;
  StateVector psi_;
  std::map<std::uint64_t, std::size_t> index_;
};

double real_dot(const StateVector& a, const StateVector& b) {
  Complex sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::conj(a[k]) * b[k];
  return sum.real();
}

/// The state that a network stands for; under the Marshall rule, rotated back.
StateVector state_of(const NetworkCase& made, const std::vector<double>& theta, bool marshall) {
  const oracle::OracleNetwork network = make_oracle(made, theta);
  StateVector psi;
  for (const std::uint64_t state : zero_magnetisation_states(made.sites())) {
    const oracle::Spins spins = unpack(state, made.sites());
    Complex amplitude = std::exp(oracle::log_psi(network, spins));
    const int columns = made.make_lattice().columns;
    for (int site = 0; marshall && site < made.sites(); ++site) {
      const bool odd = (site / columns + site % columns) % 2 == 1;
      if (odd && spins[static_cast<std::size_t>(site)] > 0) amplitude = -amplitude;
    }
    psi.push_back(amplitude);
  }
  return psi;
}

struct MeasurementCase {
  BackendKind backend;
  LatticeKind lattice;
  int L;
  bool marshall;
};

class Measured : public BackendTest<MeasurementCase> {
 protected:
  Measured() {
    const MeasurementCase given = GetParam();
    made.lattice = given.lattice;
    made.L = given.L;
    made.network = {.patch = 2, .d_model = 4, .heads = 2, .layers = 1, .ffn_ratio = 1};
    job.lattice = given.lattice;
    job.L = given.L;
    job.network = made.network;
    job.couplings = {.J1 = 1, .J2 = 0.4, .marshall = given.marshall};
    job.seed = 5;
    theta = random_parameters(made.table(), 17);
  }

  Measurement run(const SamplingPlan& plan = {}) const {
    const auto backend =
        make_backend(GetParam().backend, make_measurement_problem(job), Resources{});
    backend->set_parameters(theta);
    return measure(job, *backend, ObservableSet::all, plan);
  }

  /// Calls check(name, estimate, exact value) for everything that is measured.
  template <class Check>
  void compare(const Measurement& found, const Check& check) const {
    const Lattice lattice = made.make_lattice();
    const int N = lattice.sites();
    const ExactState psi(lattice, state_of(made, theta, job.couplings.marshall));
    Couplings plain = job.couplings;
    plain.marshall = false;
    const StateVector H = psi.apply(make_hamiltonian(lattice, plain));
    const double E = real_dot(psi.vector(), H);
    const double variance = real_dot(H, H) - E * E;
    check("energy", found.energy, E / N);
    check("variance", found.variance, variance / (N * N));
    check("V-score", found.v_score, N * variance / (E * E));

    std::vector<double> C;
    for (int r = 0; r < N; ++r) {
      C.push_back(psi.average(
          r, [&](int i, int j) { return real_dot(psi.vector(), psi.spin_product(i, j)); }));
      check(concat("C(", r, ")"), found.spin_correlations.at(std::size_t(r)), C.back());
    }
    for (int q = 0; q < N; ++q) {
      double S = 0;
      for (int r = 0; r < N; ++r) {
        const double phase = double(q / lattice.columns * (r / lattice.columns)) / lattice.rows +
                             double(q % lattice.columns * (r % lattice.columns)) / lattice.columns;
        S += std::cos(2 * M_PI * phase) * C[std::size_t(r)];
      }
      check(concat("S(", q, ")"), found.structure_factor.at(std::size_t(q)), S);
    }
    double staggered = 0;
    double stripe = 0;
    for (int r = 0; r < N; ++r) {
      const int row = r / lattice.columns;
      const int column = r % lattice.columns;
      const double share = C[std::size_t(r)] / N;
      staggered += ((row + column) % 2 == 0 ? 1 : -1) * share;
      stripe += 0.5 * ((row % 2 == 0 ? 1 : -1) + (column % 2 == 0 ? 1 : -1)) * share;
    }
    check("staggered", found.staggered.value(), staggered);
    EXPECT_EQ(found.stripe.has_value(), lattice.two_dimensional());
    if (found.stripe) check("stripe", *found.stripe, stripe);
    compare_dimers(found, psi, lattice, check);
  }

  template <class Check>
  void compare_dimers(const Measurement& found, const ExactState& psi, const Lattice& lattice,
                      const Check& check) const {
    const std::vector<int> steps =
        lattice.two_dimensional() ? std::vector<int>{lattice.columns, 1} : std::vector<int>{1};
    std::vector<std::vector<StateVector>> B;  // (direction, site)
    std::vector<double> mean;
    for (std::size_t a = 0; a < steps.size(); ++a) {
      B.emplace_back();
      for (int i = 0; i < lattice.sites(); ++i) {
        B.back().push_back(psi.spin_product(i, psi.moved(i, steps[a])));
      }
      mean.push_back(
          psi.average(0, [&](int i, int) { return real_dot(psi.vector(), B[a][std::size_t(i)]); }));
      check(concat("B", a), found.bond_energies.at(a), mean[a]);
    }
    const auto kinds = steps.size() == 2 ? std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {0, 1}}
                                         : std::vector<std::pair<int, int>>{{0, 0}};
    ASSERT_EQ(found.dimers.size(), kinds.size());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      const auto a = std::size_t(kinds[kind].first);
      const auto b = std::size_t(kinds[kind].second);
      for (int r = 0; r < lattice.sites(); ++r) {
        const double product = psi.average(
            r, [&](int i, int j) { return real_dot(B[a][std::size_t(i)], B[b][std::size_t(j)]); });
        check(concat("D", a, b, "(", r, ")"), found.dimers[kind].values.at(std::size_t(r)),
              product - mean[a] * mean[b]);
      }
    }
  }

  NetworkCase made;
  Job job;
  std::vector<double> theta;
};

TEST_P(Measured, SumOverTheSectorIsTheExpectationValue) {
  job.sampler = SamplerKind::full_sum;
  const Measurement found = run();
  EXPECT_EQ(found.samples, zero_magnetisation_states(made.sites()).size());
  compare(found, [](const std::string& name, const Estimate& value, double exact) {
    EXPECT_NEAR(value.mean, exact, 1e-10 * std::max(1.0, std::abs(exact))) << name;
    EXPECT_EQ(value.error, 0) << name;
  });
}

/// Some hundred numbers, far from independent: none may be off by more than 5 of its errors, which
/// chance does once in 17,000 sets of 100.
TEST_P(Measured, SamplesAgreeWithinTheirErrors) {
  for (const double power : {2.0, 1.0}) {
    job.chains = 128;
    job.sampling_power = power;
    const Measurement found = run({.samples = 128 * 40});
    EXPECT_GT(found.acceptance, 0.02);
    ASSERT_TRUE(found.r_hat.has_value());
    EXPECT_LT(*found.r_hat, 1.1);
    compare(found, [&](const std::string& name, const Estimate& value, double exact) {
      EXPECT_LE(std::abs(value.mean - exact), 5 * value.error + 1e-12)
          << name << " power " << power;
      EXPECT_LT(value.error, 0.2 * std::max(1.0, std::abs(exact))) << name;
    });
  }
}

std::vector<MeasurementCase> cases() {
  std::vector<MeasurementCase> all;
  for (const BackendKind backend : built_backends()) {
    all.push_back({backend, LatticeKind::chain, 8, false});
    all.push_back({backend, LatticeKind::chain, 8, true});
    all.push_back({backend, LatticeKind::square, 4, true});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Observables, Measured, testing::ValuesIn(cases()), [](const auto& info) {
  const MeasurementCase& given = info.param;
  return concat(given.backend == BackendKind::cpu ? "cpu_" : "cuda_",
                given.lattice == LatticeKind::chain ? "chain" : "square", given.L,
                given.marshall ? "_marshall" : "");
});

/// Pulls (found − exact)/error over many seeds: mean 0 within 4 errors, mean square 1 within 4.
TEST(Measurement, ErrorsAreOneStandardDeviation) {
  NetworkCase made{
      LatticeKind::chain, 8, {.patch = 2, .d_model = 4, .heads = 2, .layers = 1, .ffn_ratio = 1}};
  const std::vector<double> theta = random_parameters(made.table(), 3);
  Job job;
  job.lattice = made.lattice;
  job.L = made.L;
  job.network = made.network;
  const auto measured = [&](const SamplingPlan& plan) {
    const auto backend =
        make_backend(BackendKind::cpu, make_measurement_problem(job), Resources{.threads = 1});
    backend->set_parameters(theta);
    return measure(job, *backend, ObservableSet::energy, plan).energy;
  };
  job.sampler = SamplerKind::full_sum;
  const double exact = measured({}).mean;
  job.sampler = SamplerKind::exchange;
  // Many chains, then few that are cut into blocks.
  struct Layout {
    std::size_t chains;
    std::size_t rounds;
  };
  for (const Layout layout : {Layout{64, 8}, Layout{4, 400}, Layout{2, 128}}) {
    constexpr int kSeeds = 150;
    double sum = 0;
    double squares = 0;
    job.chains = layout.chains;
    for (int seed = 0; seed < kSeeds; ++seed) {
      job.seed = static_cast<std::uint64_t>(seed);
      const Estimate found = measured({.samples = layout.chains * layout.rounds});
      ASSERT_GT(found.error, 0);
      const double pull = (found.mean - exact) / found.error;
      sum += pull;
      squares += pull * pull;
    }
    EXPECT_NEAR(sum / kSeeds, 0, 4 / std::sqrt(double(kSeeds))) << layout.chains;
    EXPECT_NEAR(squares / kSeeds, 1, 4 * std::sqrt(2.0 / kSeeds)) << layout.chains;
  }
}

/// The exact ground state through the estimators: its energy from each local value, and what a
/// singlet obeys.
TEST(Observables, OnTheGroundStateOfExactDiagonalisation) {
  const Lattice lattice = make_lattice(LatticeKind::square, 4);
  for (const double J2 : {0.0, 0.5}) {
    const Hamiltonian hamiltonian = make_hamiltonian(lattice, {.J1 = 1, .J2 = J2});
    const GroundState ground = ground_state(hamiltonian);
    const std::vector<std::uint64_t> states = zero_magnetisation_states(16);
    std::map<std::uint64_t, double> amplitude;
    for (std::size_t k = 0; k < states.size(); ++k) amplitude[states[k]] = ground.amplitudes[k];
    const Observables observables(lattice, hamiltonian, ObservableSet::all);
    std::vector<double> mean(observables.size(), 0.0);
    std::vector<double> values(observables.size());
    std::vector<Complex> ratios(observables.pairs().size());
    for (const std::uint64_t state : states) {
      const double here = amplitude.at(state);
      if (std::abs(here) < 1e-7) continue;  // zero by symmetry
      for (std::size_t p = 0; p < ratios.size(); ++p) {
        std::uint64_t exchanged = state;
        const SitePair pair = observables.pairs()[p];
        if (antiparallel(&state, pair.first, pair.second)) {
          exchange_spins(&exchanged, pair.first, pair.second);
        }
        ratios[p] = amplitude.at(exchanged) / here;
      }
      observables.evaluate(values, &state, ratios);
      EXPECT_NEAR(values[observables.energy()], ground.energy, 1e-3 / std::abs(here) * 1e-4);
      for (std::size_t v = 0; v < mean.size(); ++v) mean[v] += here * here * values[v];
    }
    EXPECT_NEAR(mean[0], ground.energy, 1e-8);
    EXPECT_NEAR(mean[2], ground.energy * ground.energy, 1e-6);
    const std::span<const double> C(mean.data() + observables.spin_correlations(), 16);
    const double from_correlations = 2 * C[1] + 2 * J2 * C[5];
    EXPECT_NEAR(from_correlations, ground.energy / 16, 1e-8) << "two bonds of each kind a site";
    const std::vector<double> S = structure_factor(lattice, C);
    EXPECT_NEAR(S[0], 0, 1e-8) << "the ground state is a singlet";
    double total = 0;
    for (const double value : S) total += value;
    EXPECT_NEAR(total / 16, 0.75, 1e-10) << "S(q) sums to C(0)";
  }
}

}  // namespace
}  // namespace plaquette::test
