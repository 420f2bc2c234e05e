#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace oracle {
namespace {

/// y_o = Σ_i x_i kernel[i][o] + bias_o.
Row dense(const OracleNetwork& network, const std::string& name, const Row& x) {
  const std::vector<double>& kernel = network.parameters.at(name + "/kernel");
  Row y = network.parameters.at(name + "/bias");
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t o = 0; o < y.size(); ++o) y[o] += x[i] * kernel[i * y.size() + o];
  }
  return y;
}

Tokens dense(const OracleNetwork& network, const std::string& name, const Tokens& x) {
  Tokens y;
  for (const Row& token : x) y.push_back(dense(network, name, token));
  return y;
}

Row layer_norm(const OracleNetwork& network, const std::string& name, const Row& x) {
  const std::vector<double>& scale = network.parameters.at(name + "/scale");
  const std::vector<double>& bias = network.parameters.at(name + "/bias");
  const double d = static_cast<double>(x.size());
  double mean = 0;
  for (double value : x) mean += value / d;
  double variance = 0;
  for (double value : x) variance += (value - mean) * (value - mean) / d;
  Row y(x.size());
  for (std::size_t c = 0; c < x.size(); ++c) {
    y[c] = scale[c] * (x[c] - mean) / std::sqrt(variance + 1e-6) + bias[c];
  }
  return y;
}

Tokens layer_norm(const OracleNetwork& network, const std::string& name, const Tokens& x) {
  Tokens y;
  for (const Row& token : x) y.push_back(layer_norm(network, name, token));
  return y;
}

double gelu(double x) {
  const double pi = std::acos(-1.0);
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
}

void softmax(Row& x) {
  const double largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& value : x) sum += (value = std::exp(value - largest));
  for (double& value : x) value /= sum;
}

void add(Tokens& x, const Tokens& y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t c = 0; c < x[i].size(); ++c) x[i][c] += y[i][c];
  }
}

Tokens patches(const OracleNetwork& network, const Spins& spins) {
  Tokens tokens;
  for (int x = 0; x < network.rows; x += network.patch_rows) {
    for (int y = 0; y < network.columns; y += network.patch_columns) {
      Row patch;
      for (int a = 0; a < network.patch_rows; ++a) {
        for (int b = 0; b < network.patch_columns; ++b) {
          patch.push_back(spins.at(static_cast<std::size_t>((x + a) * network.columns + y + b)));
        }
      }
      tokens.push_back(patch);
    }
  }
  return tokens;
}

/// p_ij of one head, for every j.
Row position_row(const OracleNetwork& network, const std::vector<double>& table, int head, int i) {
  const int grid_rows = network.rows / network.patch_rows;
  const int grid_columns = network.columns / network.patch_columns;
  const int n = grid_rows * grid_columns;
  Row p;
  for (int j = 0; j < n; ++j) {
    int index = (head * n + i) * n + j;
    if (network.translation_invariant) {
      const int dx = (j / grid_columns - i / grid_columns + grid_rows) % grid_rows;
      const int dy = (j % grid_columns - i % grid_columns + grid_columns) % grid_columns;
      index = head * n + dx * grid_columns + dy;
    }
    p.push_back(table.at(static_cast<std::size_t>(index)));
  }
  return p;
}

/// q_i·k_j / √r over the channels of one head, for every j.
Row scores(const Row& q, const Tokens& k, std::size_t first, std::size_t width) {
  Row score;
  for (const Row& key : k) {
    double dot = 0;
    for (std::size_t c = first; c < first + width; ++c) dot += q[c] * key[c];
    score.push_back(dot / std::sqrt(static_cast<double>(width)));
  }
  return score;
}

Row attention_weights(const OracleNetwork& network, const Row& position, const Row& score) {
  if (network.attention == Attention::factored) return position;
  Row alpha = score;
  if (network.attention == Attention::t5) {
    for (std::size_t j = 0; j < alpha.size(); ++j) alpha[j] += position[j];
  }
  softmax(alpha);
  if (network.attention == Attention::decoupled) {
    for (std::size_t j = 0; j < alpha.size(); ++j) alpha[j] += position[j];
  }
  return alpha;
}

Tokens attention(const OracleNetwork& network, const std::string& name, const Tokens& x,
                 std::vector<double>& maps) {
  const bool has_query_key = network.attention != Attention::factored;
  const std::size_t n = x.size();
  const auto width = static_cast<std::size_t>(network.d / network.heads);
  const Tokens v = dense(network, name + "/value", x);
  const Tokens q = has_query_key ? dense(network, name + "/query", x) : Tokens(n);
  const Tokens k = has_query_key ? dense(network, name + "/key", x) : Tokens(n);
  const std::vector<double>& table = network.parameters.at(name + "/position");

  Tokens mixed(n, Row(static_cast<std::size_t>(network.d), 0.0));
  for (int head = 0; head < network.heads; ++head) {
    const std::size_t first = static_cast<std::size_t>(head) * width;
    for (std::size_t i = 0; i < n; ++i) {
      const Row score = has_query_key ? scores(q[i], k, first, width) : Row();
      const Row alpha = attention_weights(
          network, position_row(network, table, head, static_cast<int>(i)), score);
      maps.insert(maps.end(), alpha.begin(), alpha.end());
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t c = first; c < first + width; ++c) mixed[i][c] += alpha[j] * v[j][c];
      }
    }
  }
  return dense(network, name + "/output", mixed);
}

Tokens feed_forward(const OracleNetwork& network, const std::string& name, const Tokens& x) {
  Tokens hidden = dense(network, name + "/up", x);
  for (Row& token : hidden) {
    for (double& value : token) value = gelu(value);
  }
  return dense(network, name + "/down", hidden);
}

}  // namespace

std::complex<double> log_cosh(std::complex<double> z) {
  if (z.real() < 0) z = -z;
  return z + std::log(1.0 + std::exp(-2.0 * z)) - std::log(2.0);
}

namespace {

/// x after the last layer. Appends every layer's α, (h, n, n), to `maps`.
Tokens encode(const OracleNetwork& network, const Spins& spins, std::vector<double>& maps) {
  Tokens x = dense(network, "embed", patches(network, spins));
  for (int l = 0; l < network.layers; ++l) {
    const std::string layer = "layers/" + std::to_string(l);
    add(x,
        attention(network, layer + "/attention", layer_norm(network, layer + "/norm1", x), maps));
    add(x, feed_forward(network, layer + "/ffn", layer_norm(network, layer + "/norm2", x)));
  }
  return x;
}

}  // namespace

std::vector<double> attention_maps(const OracleNetwork& network, const Spins& spins) {
  std::vector<double> maps;
  encode(network, spins, maps);
  return maps;
}

std::vector<std::complex<double>> head_inputs(const OracleNetwork& network, const Spins& spins) {
  std::vector<double> ignored;
  const Tokens x = encode(network, spins, ignored);
  Row sum(static_cast<std::size_t>(network.d), 0.0);
  for (const Row& token : x) {
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += token[c];
  }
  const Row z = layer_norm(network, "head/norm", sum);
  const Row u = layer_norm(network, "head/real_norm", dense(network, "head/real", z));
  const Row v = layer_norm(network, "head/imag_norm", dense(network, "head/imag", z));
  std::vector<std::complex<double>> inputs;
  for (std::size_t c = 0; c < u.size(); ++c) inputs.emplace_back(u[c], v[c]);
  return inputs;
}

std::complex<double> log_psi(const OracleNetwork& network, const Spins& spins) {
  std::complex<double> total = 0;
  for (std::complex<double> input : head_inputs(network, spins)) total += log_cosh(input);
  return total;
}

}  // namespace oracle
