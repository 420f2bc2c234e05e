#pragma once

#include <Eigen/Core>

namespace plaquette::testing_support {

// The updates of docs/theory.md, word by word, with dense inverses. O is (2M, P), centred and
// weighted. Compiled once: Eigen's factorisations take longer to compile than a test.

Eigen::VectorXd sr_update(const Eigen::MatrixXd& O, const Eigen::VectorXd& epsilon, double lambda);

/// mu is the momentum, `before` the update of the step before.
Eigen::VectorXd spring_update(const Eigen::MatrixXd& O, const Eigen::VectorXd& epsilon,
                              double lambda, double mu, const Eigen::VectorXd& before);

/// v (P) is the second moment.
Eigen::VectorXd march_update(const Eigen::MatrixXd& O, const Eigen::VectorXd& epsilon,
                             double lambda, double mu, const Eigen::VectorXd& before,
                             const Eigen::VectorXd& v);

}  // namespace plaquette::testing_support
