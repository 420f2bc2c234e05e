#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

constexpr int kFewSites = 20;
constexpr int kManySites = 36;

int sites_of(const Job& job) { return make_lattice(job.lattice, job.L).sites(); }

}  // namespace

Job default_job() {
  Job job;
  job.network = {.patch = 1, .d_model = 16, .heads = 4, .layers = 2, .ffn_ratio = 2};
  job.optimizer = Optimizer::spring;
  job.momentum = 0.9;
  job.learning_rate = 0.05;
  job.schedule = ScheduleKind::cosine;
  job.diag_shift = 1e-2;
  job.diag_shift_schedule = ScheduleKind::cosine;
  job.diag_shift_end = 1e-4;
  job.precision.sampling = job.precision.local_energy = job.precision.log_derivatives =
      Precision::fp32;
  return job;
}

bool default_marshall(const Job& job) {
  return job.couplings.bonds.empty() && job.couplings.J1 > 0;
}

int default_patch(const Job& job) {
  const bool every_translation =
      job.couplings.bonds.empty() && job.lattice != LatticeKind::shastry_sutherland;
  return every_translation && !job.symmetry.translations && sites_of(job) <= kManySites ? 1 : 2;
}

int default_d_model(const Job& job) { return sites_of(job) <= kFewSites ? 8 : 16; }

SymmetryChoice default_symmetry(const Job& job) {
  SymmetryChoice choice;
  // A quarter turn about a site exchanges the two halves of one of the two sublattices, which
  // collinear order (large J2) makes two antiferromagnets: a sign (-1)^(L²/4), which Néel order
  // (small J2) does not have.
  const bool one_representation = (job.L * job.L / 4) % 2 == 0;
  if (job.lattice == LatticeKind::square && job.couplings.bonds.empty() && job.couplings.J1 > 0 &&
      one_representation && sites_of(job) <= kFewSites && job.sampler == SamplerKind::exchange) {
    choice.c4v = PointGroupIrrep::A1;
  }
  return choice;
}

std::size_t default_chains(const Job& job) { return job.symmetry.c4v ? 256 : 1024; }

int default_steps(const Job& job) { return sites_of(job) <= kFewSites ? 150 : 300; }

double default_sampling_power(const Job& job) { return sites_of(job) <= kFewSites ? 1 : 2; }

}  // namespace plaquette
