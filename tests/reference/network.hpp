#pragma once

#include <complex>
#include <map>
#include <string>
#include <vector>

// The oracle: the wave function once more, in double precision and textbook loops, from the
// written definition alone. It includes nothing of the project, so that a shared mistake shows.

namespace oracle {

enum class Attention { factored, t5, decoupled };

using Spins = std::vector<int>;   ///< s_i = ±1, in site order
using Row = std::vector<double>;  ///< (channels)
using Tokens = std::vector<Row>;  ///< (n, channels)

struct OracleNetwork {
  int rows = 0;  ///< sites; 1 for a chain
  int columns = 0;
  int patch_rows = 1;     ///< b; 1 for a chain
  int patch_columns = 1;  ///< b
  int d = 0;
  int heads = 1;
  int layers = 0;
  int ffn_ratio = 1;
  Attention attention = Attention::factored;
  bool translation_invariant = true;
  std::map<std::string, std::vector<double>> parameters;  ///< by name in the model file
};

/// u_β + i v_β, (d): what the head sums the log cosh of.
std::vector<std::complex<double>> head_inputs(const OracleNetwork& network, const Spins& spins);

/// log ψ(s), the imaginary part not reduced to (−π, π].
std::complex<double> log_psi(const OracleNetwork& network, const Spins& spins);

/// The weights α_ij of every layer and head, (layers, h, n, n).
std::vector<double> attention_maps(const OracleNetwork& network, const Spins& spins);

/// log cosh z without overflow.
std::complex<double> log_cosh(std::complex<double> z);

}  // namespace oracle
