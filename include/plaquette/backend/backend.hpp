#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plaquette/backend/memory_plan.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/model/system.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette {

enum class BackendKind { cpu, cuda };
enum class Precision { fp32, fp64 };

/// Arithmetic of the network in each phase. For the Gram matrix see Backend::accumulate_gram; the
/// solve is always FP64.
struct PrecisionPolicy {
  Precision sampling = Precision::fp64;
  Precision local_energy = Precision::fp64;
  Precision log_derivatives = Precision::fp64;
  /// CUDA: products of FP32 networks may round their factors to TF32, ten bits of mantissa.
  bool tf32 = false;
};

/// Which linear system the SR step solves; the solutions are equal, the costs are not.
enum class GramForm {
  samples,    ///< minSR: T = B Bᵀ, (2M, 2M)
  parameters  ///< SR: S = Bᵀ B, (P, P)
};

/// Everything a backend must know before it plans its memory.
struct Problem {
  System system;
  double sampling_power = 2;  ///< chains follow |ψ|^power
  std::uint64_t seed = 0;
  std::size_t chains = 0;   ///< 0: no sampler
  std::size_t samples = 0;  ///< M; 0: only evaluation of given configurations
  GramForm gram_form = GramForm::samples;
  PrecisionPolicy precision = {};
  /// Host memory that the caller keeps beside the backend's, bytes: for the plan.
  std::size_t caller_bytes = 0;
};

/// What the backend may use.
struct Resources {
  int threads = 0;               ///< CPU threads; 0: all
  std::size_t memory_limit = 0;  ///< bytes; 0: the backend's own judgement of what is free
  /// Looked at between pieces of work: verbs throw Interrupted, after which chains and samples must
  /// be set anew.
  Interruption interruption = {};
};

/// Proposals made and accepted over some sweeps, all chains together.
struct SweepCounts {
  std::uint64_t proposed = 0;
  std::uint64_t accepted = 0;
  /// Networks evaluated: the valid proposals, the invalid ones where a backend evaluates whole
  /// batches (CUDA: chains · proposals), and every chain whose amplitude had to be refreshed.
  std::uint64_t evaluated = 0;
};

struct SolveReport {
  bool positive_definite;  ///< false: nothing was solved, the caller raises the shift
};

/// One device that runs the batched operations of a VMC step. Verbs act on whole batches; data
/// stays where the backend keeps it. P parameters, M samples, 2M real rows: row k is the real part
/// of sample k, row M + k the imaginary part.
///
/// The Jacobian B that `accumulate_gram` defines, `apply` and `apply_transpose` use:
///   B_kp = √w_k (O_kp − Σ_k' w_k' O_k'p) c_p,   O_kp = ∂ log ψ(s_k)/∂θ_p,
/// with sample weights w (Σ w = 1) and column scales c.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual BackendKind kind() const = 0;
  /// Device and libraries in one line, for people.
  virtual std::string description() const = 0;
  virtual const MemoryPlan& memory_plan() const = 0;

  /// theta (P), in the order of ParameterTable.
  virtual void set_parameters(std::span<const double> theta) = 0;

  // ---- chains
  virtual void set_chains(const ConfigurationBatch& states) = 0;  // (chains)
  virtual ConfigurationBatch chains() const = 0;                  // (chains)
  /// Sweeps every chain; a sweep is N proposals, numbered from `first_sweep` since the run began.
  virtual SweepCounts advance(std::uint64_t first_sweep, int sweeps) = 0;

  // ---- the M current samples
  /// The chains' states become samples [slot·chains, (slot+1)·chains).
  virtual void record_samples(std::size_t slot) = 0;
  virtual void set_samples(const ConfigurationBatch& states) = 0;        // (M)
  virtual ConfigurationBatch samples() const = 0;                        // (M)
  virtual void sample_log_psi(std::span<std::complex<double>> out) = 0;  // (M)
  /// Total local energies, unit of J1. Returns the networks evaluated.
  virtual std::uint64_t sample_local_energies(std::span<std::complex<double>> out) = 0;  // (M)

  // ---- stochastic reconfiguration on the current samples
  /// Computes the Gram matrix of B in the problem's form. weights (M); column_scale (P), empty
  /// for ones. Returns the arithmetic of its products: FP32, whose sums go on in FP64 after a few
  /// columns, only where its rounding is far below `shift`, the smallest that `solve` will be
  /// given; 0 asks for FP64. Charges its time to Phase::log_derivatives and Phase::gram.
  virtual Precision accumulate_gram(std::span<const double> weights,
                                    std::span<const double> column_scale, double shift,
                                    PhaseClock& clock) = 0;
  /// Solves (gram + shift) x = rhs in FP64. x and rhs have 2M or P elements, by form.
  virtual SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) = 0;
  /// rows (2M) = B direction (P). As apply_transpose, it needs a Gram matrix accumulated since the
  /// samples and the parameters last changed; std::logic_error otherwise.
  virtual void apply(std::span<const double> direction, std::span<double> rows) = 0;
  /// direction (P) = Bᵀ rows (2M).
  virtual void apply_transpose(std::span<const double> rows, std::span<double> direction) = 0;

  // ---- any configurations, at the precision of the local energy
  virtual void log_psi(const ConfigurationBatch& states, std::span<std::complex<double>> out) = 0;
  virtual void local_energies(const ConfigurationBatch& states,
                              std::span<std::complex<double>> out) = 0;
  /// ∂ log ψ/∂θ, out (count, P), at the precision of the log-derivatives.
  virtual void gradients(const ConfigurationBatch& states, std::span<std::complex<double>> out) = 0;
  /// The part of the attention weights that depends on the input, softmax_j of query i:
  /// out (count, layers, h, n, n) at row i, column j, at the precision of the log-derivatives. Of a
  /// network with queries and keys only; a projection does not change it.
  virtual void softmax_weights(const ConfigurationBatch& states, std::span<double> out) = 0;
};

}  // namespace plaquette
