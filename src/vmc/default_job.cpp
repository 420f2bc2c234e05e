#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

constexpr int kFewSites = 20;
constexpr int kManySites = 36;

int sites_of(const Job& job) { return make_lattice(job.lattice, job.L).sites(); }

}  // namespace

Job default_job() {
  Job job;
  job.network = {.patch = 1, .d_model = 12, .heads = 4, .layers = 2, .ffn_ratio = 2};
  job.sampling_power = 1;
  job.schedule = ScheduleKind::cosine;
  job.diag_shift = 1e-2;
  job.diag_shift_schedule = ScheduleKind::cosine;
  job.diag_shift_end = 1e-4;
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

double default_sampling_power(const Job& job) { return sites_of(job) <= kFewSites ? 1 : 2; }

}  // namespace plaquette
