#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// What SPRING and MARCH remember of the past; zeros before the first step.
struct DirectionMemory {
  std::span<const double> previous;       ///< (P) last δθ; unused by SR
  std::span<const double> second_moment;  ///< (P) v; MARCH only
};

/// δθ of one step: the parameters move by −rate · delta.
struct Direction {
  std::vector<double> delta;          ///< (P)
  std::vector<double> second_moment;  ///< (P) MARCH's v after this step; else empty
  double diag_shift = 0;              ///< λ of the solve that succeeded
  int diag_shift_raises = 0;
  Precision gram_precision = Precision::fp64;  ///< of the Gram matrix's products
};

/// The update direction from the samples that the backend holds. O is (2M, P), ε is (2M); c scales
/// columns, the backend's Jacobian is B = O diag(c).
///   SR      δθ = Oᵀ(OOᵀ + λ)⁻¹ ε
///   SPRING  δθ = Oᵀ(OOᵀ + λ)⁻¹ (ε − Oφ) + φ,  φ = μ δθ₋                   (arXiv 2401.10190)
///   MARCH   δθ = c Bᵀ(BBᵀ + λ)⁻¹ (ε − Oφ) + φ,  φ = μ δθ₋,  c = v^(−1/4),
///           v ← β v + (δθ − δθ₋)²,  c = 1 while v = 0                     (arXiv 2507.02644)
/// GramForm::parameters uses (BᵀB + λ)⁻¹Bᵀ = Bᵀ(BBᵀ + λ)⁻¹.
class StochasticReconfiguration {
 public:
  /// Takes optimizer, momentum and march_decay from the job. parameters: P.
  StochasticReconfiguration(const Job& job, GramForm form, std::size_t parameters,
                            Interruption interruption = {});

  /// weights (M), residuals ε (2M). If the Gram matrix plus λ is not positive definite, λ grows
  /// tenfold, up to 12 times. Throws NumericalError if that does not help or δθ is not finite;
  /// Interrupted between the Gram matrix and the solve.
  Direction direction(Backend& backend, std::span<const double> weights,
                      std::span<const double> residuals, double diag_shift,
                      const DirectionMemory& memory, PhaseClock& clock) const;

  /// Bᵀ(BBᵀ + λ)⁻¹ rows (P) in either form, of the Gram matrix that the backend holds; λ is
  /// `result.diag_shift`, and is raised there as direction() says. rows (2M).
  std::vector<double> solve(Backend& backend, std::span<const double> rows,
                            Direction& result) const;

 private:
  Optimizer optimizer_;
  GramForm form_;
  std::size_t parameters_;
  double momentum_;
  double march_decay_;
  Interruption interruption_;
};

/// FLOPs of the Gram matrix, a multiply-add counted as two: n(n+1)/2 entries of the lower triangle,
/// of K products each. (n, K) is (2M, P) or (P, 2M), by form.
double gram_flops(GramForm form, std::size_t samples, std::size_t parameters);

/// FLOPs of solve(): Cholesky (n³/3), two triangles (n² each) and one product with Bᵀ (4MP).
double solve_flops(GramForm form, std::size_t samples, std::size_t parameters);

/// The rate at which to follow `delta`: `rate`, or less so that the update is no longer than
/// `limit` (SPRING's ‖η δθ‖ ≤ √C; 0: no limit).
double limited_rate(double rate, std::span<const double> delta, double limit);

}  // namespace plaquette
