#include "plaquette/io/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/io/words.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette {
namespace {

constexpr const char* kFormat = "plaquette-model";
constexpr std::int64_t kVersion = 1;

int small_integer(const Hdf5Reader& file, const std::string& name) {
  const std::int64_t value = file.integer(name);
  if (value < 0 || value > 1'000'000) {
    file.refuse(concat("attribute '", name, "' is ", value, ", which is out of range"));
  }
  return static_cast<int>(value);
}

template <class Enum>
Enum enumerator(const Hdf5Reader& file, const std::string& name) {
  const std::string given = file.text(name);
  const std::optional<Enum> value = parse_word<Enum>(given);
  if (!value) {
    file.refuse(
        concat("attribute '", name, "' is '", given, "', not one of ", allowed_words<Enum>()));
  }
  return *value;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text = "(";
  for (const std::size_t extent : shape) text += (text.size() > 1 ? ", " : "") + concat(extent);
  return text + ")";
}

void read_tensor(const Hdf5Reader& file, const NamedTensor& tensor, std::vector<double>& theta) {
  const std::string name = "parameters/" + tensor.name;
  const std::vector<std::size_t> shape = file.shape(name);
  if (shape != tensor.shape) {
    file.refuse(concat("dataset '", name, "' has shape ", shape_text(shape), ", not ",
                       shape_text(tensor.shape)));
  }
  const std::vector<double> values = file.doubles(name);
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    file.refuse(concat("dataset '", name, "' holds a number that is not finite"));
  }
  std::copy(values.begin(), values.end(),
            theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
}

ParameterTable table_of(const Model& model) {
  return make_parameter_table(network_shape_of(model));
}

constexpr const char* kBonds = "bonds";

/// Attributes `marshall`, `symmetry`, `J1` and `J2`, or a dataset `bonds` in place of the last two.
std::optional<Provenance> read_provenance(const Hdf5Reader& file, const Lattice& lattice) {
  if (!file.has_attribute("marshall")) return std::nullopt;
  Provenance found;
  Couplings& couplings = found.couplings;
  couplings.marshall = file.integer("marshall") != 0;
  const std::string symmetry = file.text("symmetry");
  std::vector<double> bonds;
  if (file.has_dataset(kBonds)) {
    bonds = file.doubles(kBonds);
  } else {
    couplings.J1 = file.real("J1");
    couplings.J2 = file.real("J2");
  }
  try {
    found.symmetry = parse_symmetry(symmetry);
    if (file.has_dataset(kBonds)) couplings.bonds = bonds_from_table(bonds, lattice.sites());
    require_usable(couplings);
  } catch (const InputError& error) {
    file.refuse(error.what());
  }
  return found;
}

void write_provenance(Hdf5Writer& file, const Provenance& provenance) {
  const Couplings& couplings = provenance.couplings;
  file.integer("marshall", couplings.marshall ? 1 : 0);
  file.text("symmetry", symmetry_text(provenance.symmetry));
  if (couplings.bonds.empty()) {
    file.real("J1", couplings.J1);
    file.real("J2", couplings.J2);
  } else {
    file.doubles(kBonds, {couplings.bonds.size(), 4}, bonds_table(couplings.bonds).data());
  }
}

}  // namespace

NetworkShape network_shape_of(const Model& model) {
  return make_network_shape(make_lattice(model.lattice, model.L), model.network);
}

Model model_of(const Job& job, std::vector<double> parameters) {
  return {.lattice = job.lattice,
          .L = job.L,
          .network = job.network,
          .parameters = std::move(parameters),
          .provenance = Provenance{job.couplings, job.symmetry}};
}

Model read_model(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  if (const std::string format = file.text("format"); format != kFormat) {
    file.refuse(concat("is a '", format, "' file, not a '", kFormat, "'"));
  }
  if (const std::int64_t version = file.integer("version"); version != kVersion) {
    file.refuse(concat("has version ", version, ", this program reads ", kVersion));
  }
  Model model{.lattice = enumerator<LatticeKind>(file, "lattice"),
              .L = small_integer(file, "L"),
              .network = {.patch = small_integer(file, "patch"),
                          .d_model = small_integer(file, "d_model"),
                          .heads = small_integer(file, "heads"),
                          .layers = small_integer(file, "layers"),
                          .ffn_ratio = small_integer(file, "ffn_ratio"),
                          .attention = enumerator<Attention>(file, "attention"),
                          .translation_invariant = file.integer("translation_invariant") != 0},
              .parameters = {}};
  ParameterTable table;
  try {
    table = table_of(model);
  } catch (const InputError& error) {
    file.refuse(error.what());
  }
  if (const std::int64_t count = file.integer("parameter_count");
      count != static_cast<std::int64_t>(table.size)) {
    file.refuse(concat("says it has ", count, " parameters, its network has ", table.size));
  }
  model.parameters.resize(table.size);
  for (const NamedTensor& tensor : table.tensors) read_tensor(file, tensor, model.parameters);
  model.provenance = read_provenance(file, make_lattice(model.lattice, model.L));
  return model;
}

void write_model(const std::filesystem::path& path, const Model& model) {
  const ParameterTable table = table_of(model);
  PLAQUETTE_REQUIRE(model.parameters.size() == table.size, model.parameters.size(), " parameters");
  replace_file(path, [&](const std::filesystem::path& temporary) {
    Hdf5Writer file(temporary);
    file.text("format", kFormat);
    file.integer("version", kVersion);
    file.text("lattice", std::string(word(model.lattice)));
    file.integer("L", model.L);
    file.integer("patch", model.network.patch);
    file.integer("d_model", model.network.d_model);
    file.integer("heads", model.network.heads);
    file.integer("layers", model.network.layers);
    file.integer("ffn_ratio", model.network.ffn_ratio);
    file.text("attention", std::string(word(model.network.attention)));
    file.integer("translation_invariant", model.network.translation_invariant ? 1 : 0);
    file.integer("parameter_count", static_cast<std::int64_t>(table.size));
    if (model.provenance) write_provenance(file, *model.provenance);
    for (const NamedTensor& tensor : table.tensors) {
      file.doubles("parameters/" + tensor.name, tensor.shape,
                   model.parameters.data() + tensor.offset);
    }
    file.close();
  });
}

}  // namespace plaquette
