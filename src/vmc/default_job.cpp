#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

constexpr int kFewSites = 20;
constexpr int kManySites = 36;

int sites_of(const Job& job) { return make_lattice(job.lattice, job.L).sites(); }

bool has_sublattices(const Job& job) { return job.couplings.bonds.empty() && job.couplings.J1 > 0; }

int default_patch(const Job& job) {
  const bool every_translation =
      job.couplings.bonds.empty() && job.lattice != LatticeKind::shastry_sutherland;
  return every_translation && !job.symmetry.translations && sites_of(job) <= kManySites ? 1 : 2;
}

void set_for_few_sites(Job& job) {
  job.network.d_model = 8;
  job.sampling_power = 1;
  // A sample has eight images.
  job.chains = job.samples = job.symmetry.c4v ? 256 : 1024;
  job.steps = 150;
  job.optimizer = Optimizer::spring;
  job.diag_shift = 1e-2;
  job.diag_shift_end = 1e-4;
}

void set_for_more_sites(Job& job) {
  job.network.d_model = 16;
  job.sampling_power = 2;
  job.chains = job.samples = 2048;
  job.steps = 400;
  job.optimizer = Optimizer::sr;
  job.diag_shift = 1e-3;
  job.diag_shift_end = 2e-4;
}

}  // namespace

SymmetryChoice default_symmetry(const Job& job) {
  SymmetryChoice choice;
  // A quarter turn about a site exchanges the two halves of one of the two sublattices, which
  // collinear order (large J2) makes two antiferromagnets: a sign (-1)^(L²/4), which Néel order
  // (small J2) does not have.
  const bool one_representation = (job.L * job.L / 4) % 2 == 0;
  if (job.lattice == LatticeKind::square && has_sublattices(job) && one_representation &&
      sites_of(job) <= kFewSites && job.sampler == SamplerKind::exchange) {
    choice.c4v = PointGroupIrrep::A1;
  }
  return choice;
}

Job default_job(Job job) {
  job.couplings.marshall = has_sublattices(job);
  job.network.patch = default_patch(job);
  job.network.heads = 4;
  job.network.layers = 2;
  job.network.ffn_ratio = 2;
  job.learning_rate = 0.05;
  job.schedule = job.diag_shift_schedule = ScheduleKind::cosine;
  job.momentum = 0.9;
  job.precision.sampling = job.precision.local_energy = job.precision.log_derivatives =
      Precision::fp32;
  if (sites_of(job) <= kFewSites) {
    set_for_few_sites(job);
  } else {
    set_for_more_sites(job);
  }
  return job;
}

}  // namespace plaquette
