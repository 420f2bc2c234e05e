#include "subject.hpp"

#include <unistd.h>

#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/io/provenance.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/system_warnings.hpp"

namespace plaquette {

void define_subject_output(Options& options, SubjectOutput& output, const std::string& forced) {
  const std::string& stem = output.stem;
  options.text("--out", output.out,
               concat("directory for ", stem, ".json and ", stem, ".h5; default: the run's"));
  options.flag("--force", output.force, forced);
  options.flag("--quiet", output.quiet, "no progress on stderr");
  options.flag("--json", output.json, "print the results as JSON");
}

ResultFiles result_files(const Subject& subject, const SubjectOutput& output) {
  return {subject, output.out, output.stem, output.force ? Overwrite::yes : Overwrite::no};
}

void conclude(const Results& results, const ResultFiles& files, const SubjectOutput& output,
              const std::function<void()>& print) {
  // Printed first: it may turn out that it cannot be written.
  if (output.json) {
    fmt::print("{}\n", results.json());
  } else {
    print();
  }
  files.write(results);
  if (!output.json && !output.quiet && !files.message().empty()) tell_line("{}", files.message());
}

SamplingPlan told_sampling(const Subject& subject, bool quiet) {
  SamplingPlan plan = subject.sampling();
  if (!quiet && isatty(STDERR_FILENO) == 1) {
    plan.on_round = [samples = plan.samples](std::size_t done) {
      tell(fmt::format("\r{} of {} samples{}", done, samples, done == samples ? "\n" : ""));
    };
  }
  return plan;
}

void tell_magnet(const Subject& subject, bool json) {
  const Job& job = subject.configuration.job;
  const std::string couplings = couplings_text(job.couplings);
  for (const std::string& warning : warnings(make_system(job))) tell_line("{}", warning);
  if (subject.couplings_from == "defaults") {
    tell_line(
        "the model file does not say whose ground state it is; taken are the defaults {}; "
        "give --J1, --J2, --marshall or --bonds for others",
        couplings);
  }
  if (json) return;
  fmt::print("{:<22} {} (of the {})\n", "couplings", couplings, subject.couplings_from);
  if (!job.symmetry.none()) fmt::print("{:<22} {}\n", "symmetry", symmetry_text(job.symmetry));
  if (observables_frame(job) != "physical") {
    fmt::print(
        "{:<22} of the frame of the bonds: Jxy < 0 where Jz > 0; if these are Marshall signs, "
        "give the bonds without them and --marshall\n",
        "spin correlations");
  }
}

void define_subject_options(Options& options, const Configuration& defaults) {
  for (const char* key : kCouplingsKeys) options.configuration(key, defaults);
  for (const OptionGroup group :
       {OptionGroup::symmetry, OptionGroup::sampling, OptionGroup::resources}) {
    options.configuration(group, defaults);
  }
}

}  // namespace plaquette
