#include "golden_file.hpp"

#include <hdf5.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace plaquette::test {
namespace {

/// Closes an HDF5 identifier at scope end. This reader is the tests' own: a mistake in the
/// project's file layer must not hide here.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id_ < 0) throw std::runtime_error("cannot open " + what);
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

int integer_attribute(hid_t file, const std::string& name) {
  const Handle attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT), H5Aclose, "attribute " + name);
  int value = 0;
  if (H5Aread(attribute, H5T_NATIVE_INT, &value) < 0) throw std::runtime_error("read " + name);
  return value;
}

std::string text_attribute(hid_t file, const std::string& name) {
  const Handle attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT), H5Aclose, "attribute " + name);
  const Handle type(H5Aget_type(attribute), H5Tclose, "type of " + name);
  char* text = nullptr;
  if (H5Tis_variable_str(type) <= 0 || H5Aread(attribute, type, &text) < 0) {
    throw std::runtime_error("read " + name);
  }
  const std::string value = text;
  H5free_memory(text);
  return value;
}

template <class T>
std::vector<T> dataset(hid_t file, const std::string& name, hid_t memory_type,
                       std::array<hsize_t, 4>* extents = nullptr) {
  const Handle data(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, "dataset " + name);
  const Handle space(H5Dget_space(data), H5Sclose, "space of " + name);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  if (extents) H5Sget_simple_extent_dims(space, extents->data(), nullptr);
  if (H5Dread(data, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    throw std::runtime_error("read " + name);
  }
  return values;
}

std::vector<double> doubles(hid_t file, const std::string& name) {
  return dataset<double>(file, name, H5T_NATIVE_DOUBLE);
}

std::vector<std::complex<double>> complex_numbers(hid_t file, const std::string& real,
                                                  const std::string& imag) {
  const std::vector<double> re = doubles(file, real);
  const std::vector<double> im = doubles(file, imag);
  std::vector<std::complex<double>> values(re.size());
  for (std::size_t k = 0; k < re.size(); ++k) values[k] = {re[k], im.at(k)};
  return values;
}

/// Paths below `group` that are datasets and end in `suffix`, the suffix cut off.
std::vector<std::string> names_below(hid_t file, const std::string& group,
                                     const std::string& suffix) {
  std::pair<std::string, std::vector<std::string>> search{suffix, {}};
  const auto collect = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    auto& [ending, found] = *static_cast<std::pair<std::string, std::vector<std::string>>*>(out);
    const std::string path = name;
    if (info->type == H5O_TYPE_DATASET && path.ends_with(ending)) {
      found.push_back(path.substr(0, path.size() - ending.size()));
    }
    return 0;
  };
  const Handle root(H5Gopen2(file, group.c_str(), H5P_DEFAULT), H5Gclose, "group " + group);
  H5Ovisit(root, H5_INDEX_NAME, H5_ITER_INC, collect, &search);
  return search.second;
}

oracle::OracleNetwork read_network(hid_t file) {
  oracle::OracleNetwork network;
  const int L = integer_attribute(file, "L");
  const int patch = integer_attribute(file, "patch");
  const bool chain = text_attribute(file, "lattice") == "chain";
  network.rows = chain ? 1 : L;
  network.columns = L;
  network.patch_rows = chain ? 1 : patch;
  network.patch_columns = patch;
  network.d = integer_attribute(file, "d_model");
  network.heads = integer_attribute(file, "heads");
  network.layers = integer_attribute(file, "layers");
  network.ffn_ratio = integer_attribute(file, "ffn_ratio");
  const std::string attention = text_attribute(file, "attention");
  network.attention = attention == "factored" ? oracle::Attention::factored
                      : attention == "t5"     ? oracle::Attention::t5
                                              : oracle::Attention::decoupled;
  network.translation_invariant = integer_attribute(file, "translation_invariant") != 0;
  for (const std::string& name : names_below(file, "parameters", "")) {
    network.parameters[name] = doubles(file, "parameters/" + name);
  }
  return network;
}

std::vector<GoldenEnergies> read_energies(hid_t file) {
  std::vector<GoldenEnergies> energies;
  for (const std::string& name : names_below(file, "golden/local_energy", "/real")) {
    // J2_<x>_marshall_<0|1>
    const std::string path = "golden/local_energy/" + name;
    energies.push_back({std::stod(name.substr(3)), name.ends_with("marshall_1"),
                        complex_numbers(file, path + "/real", path + "/imag")});
  }
  return energies;
}

std::vector<GoldenGradient> read_gradients(hid_t file) {
  std::vector<GoldenGradient> gradients;
  for (const std::string& tensor : names_below(file, "golden/gradient", "/index")) {
    const std::string path = "golden/gradient/" + tensor;
    const auto indices = dataset<unsigned long long>(file, path + "/index", H5T_NATIVE_ULLONG);
    const auto flat = complex_numbers(file, path + "/real", path + "/imag");
    GoldenGradient gradient{tensor, {indices.begin(), indices.end()}, {}};
    for (auto row = flat.begin(); row != flat.end();
         row += static_cast<std::ptrdiff_t>(indices.size())) {
      gradient.values.emplace_back(row, row + static_cast<std::ptrdiff_t>(indices.size()));
    }
    gradients.push_back(std::move(gradient));
  }
  return gradients;
}

}  // namespace

std::string golden_directory() {
  const char* elsewhere = std::getenv("PLAQUETTE_TEST_DATA");
  return elsewhere != nullptr ? elsewhere : PLAQUETTE_TEST_DATA;
}

GoldenFile read_golden_file(const std::string& path) {
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, path);
  GoldenFile golden;
  golden.network = read_network(file);
  golden.lattice = text_attribute(file, "lattice");
  std::array<hsize_t, 4> extents{};
  const auto spins = dataset<int>(file, "golden/configurations", H5T_NATIVE_INT, &extents);
  const auto sites = static_cast<std::ptrdiff_t>(extents[1]);
  for (auto row = spins.begin(); row != spins.end(); row += sites) {
    golden.configurations.emplace_back(row, row + sites);
  }
  golden.log_psi = complex_numbers(file, "golden/log_psi_real", "golden/log_psi_imag");
  golden.energies = read_energies(file);
  golden.gradients = read_gradients(file);
  return golden;
}

}  // namespace plaquette::test
