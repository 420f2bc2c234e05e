#pragma once

#include <span>

#include "plaquette/vmc/jackknife.hpp"

namespace plaquette {

/// Energy and variance of one state of a family that approaches the ground state.
struct EnergyPoint {
  Estimate variance;
  Estimate energy;
};

/// E = intercept + slope · variance.
struct ZeroVarianceFit {
  Estimate intercept;  ///< the energy at zero variance
  Estimate slope;
  double chi_square = 0;  ///< of the fit, with the points' own errors; 0 if they have none
  int degrees_of_freedom = 0;
};

/// Zero-variance extrapolation: near an eigenstate ⟨H⟩ − E₀ is proportional to the variance. A
/// straight line by least squares; a point's error is that of its energy and, through the slope,
/// that of its variance (effective variance, iterated). Where the line fits worse than the errors
/// allow (χ² above the degrees of freedom), the errors of the fit grow by √(χ²/dof); points without
/// errors weigh equally and the scatter around the line gives the errors.
/// Throws InputError with fewer than 2 points, or if all variances are equal.
ZeroVarianceFit fit_zero_variance(std::span<const EnergyPoint> points);

}  // namespace plaquette
