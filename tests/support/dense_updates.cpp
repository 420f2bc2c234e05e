#include "support/dense_updates.hpp"

#include <Eigen/LU>

namespace plaquette::testing_support {

using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd inverse_of_shifted(MatrixXd matrix, double lambda) {
  matrix.diagonal().array() += lambda;
  return matrix.inverse();
}

}  // namespace

VectorXd sr_update(const MatrixXd& O, const VectorXd& epsilon, double lambda) {
  return inverse_of_shifted(O.transpose() * O, lambda) * O.transpose() * epsilon;
}

VectorXd spring_update(const MatrixXd& O, const VectorXd& epsilon, double lambda, double mu,
                       const VectorXd& before) {
  const MatrixXd inverse = inverse_of_shifted(O * O.transpose(), lambda);
  return O.transpose() * inverse * (epsilon - mu * O * before) + mu * before;
}

VectorXd march_update(const MatrixXd& O, const VectorXd& epsilon, double lambda, double mu,
                      const VectorXd& before, const VectorXd& v) {
  const MatrixXd D = v.cwiseSqrt().cwiseInverse().asDiagonal();
  const MatrixXd inverse = inverse_of_shifted(O * D * O.transpose(), lambda);
  const VectorXd phi = mu * before;
  return D * O.transpose() * inverse * (epsilon - O * phi) + phi;
}

}  // namespace plaquette::testing_support
