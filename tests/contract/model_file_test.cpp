#include "plaquette/io/model_file.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <functional>
#include <limits>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "support/messages.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette {
namespace {

using test::contents;
using test::mentions;
using test::message_of;
using test::put_contents;

Model small_model() {
  Model model{.lattice = LatticeKind::square,
              .L = 4,
              .network = {.patch = 2,
                          .d_model = 6,
                          .heads = 3,
                          .layers = 2,
                          .ffn_ratio = 2,
                          .attention = Attention::t5,
                          .translation_invariant = true},
              .parameters = {}};
  const ParameterTable table =
      make_parameter_table(make_network_shape(make_lattice(model.lattice, model.L), model.network));
  model.parameters = initial_parameters(table, 7);
  return model;
}

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.lattice, b.lattice);
  EXPECT_EQ(a.L, b.L);
  EXPECT_EQ(make_network_shape(make_lattice(a.lattice, a.L), a.network),
            make_network_shape(make_lattice(b.lattice, b.L), b.network));
  EXPECT_EQ(a.parameters, b.parameters);
}

/// A good model file, changed by `damage` through the HDF5 library.
class BadModelFile : public ::testing::Test {
 protected:
  BadModelFile() { write_model(path_, small_model()); }

  std::string complaint(const std::function<void(hid_t file)>& damage) {
    const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    EXPECT_GE(file, 0);
    damage(file);
    H5Fclose(file);
    return complaint();
  }
  std::string complaint() {
    return message_of<InputError>([this] { read_model(path_); });
  }

  static void put_integer(hid_t file, const char* name, std::int64_t value) {
    H5Adelete(file, name);
    put(file, name, H5T_NATIVE_INT64, H5Screate(H5S_SCALAR), &value);
  }
  static void put_text(hid_t file, const char* name, const std::string& value) {
    H5Adelete(file, name);
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, value.size());
    put(file, name, type, H5Screate(H5S_SCALAR), value.data());
  }
  static void put(hid_t file, const char* name, hid_t type, hid_t space, const void* value) {
    const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, type, value), 0);
    H5Aclose(attribute);
    H5Sclose(space);
  }
  static void set_first_element(hid_t file, const char* name, double value) {
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    std::vector<double> all(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data());
    all[0] = value;
    EXPECT_GE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), 0);
    H5Sclose(space);
    H5Dclose(dataset);
  }
  static void replace_dataset(hid_t file, const char* name, std::vector<hsize_t> extents) {
    H5Ldelete(file, name, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
    H5Dclose(
        H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  }

  test::ScratchDirectory scratch_;
  const std::filesystem::path path_ = scratch_ / "bad.h5";
};

TEST(ModelFile, RoundTripIsBitEqual) {
  const test::ScratchDirectory scratch;
  for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
    for (const bool invariant : {true, false}) {
      Model model = small_model();
      model.network.attention = attention;
      model.network.translation_invariant = invariant;
      model.parameters =
          initial_parameters(make_parameter_table(make_network_shape(
                                 make_lattice(model.lattice, model.L), model.network)),
                             11);
      model.parameters[0] = -0.0;
      model.parameters[1] = std::numeric_limits<double>::denorm_min();
      write_model(scratch / "model.h5", model);
      const Model back = read_model(scratch / "model.h5");
      expect_same(model, back);
      EXPECT_TRUE(std::signbit(back.parameters[0]));
    }
  }
  EXPECT_EQ(test::entries(scratch.path()), 1) << "a temporary file was left behind";
}

TEST(ModelFile, CarriesItsHamiltonianAndFrame) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "model.h5";
  Model model = small_model();
  write_model(path, model);
  EXPECT_FALSE(read_model(path).provenance.has_value()) << "older files say nothing";
  Provenance given;
  given.couplings = {.J1 = 0.7, .J2 = -1.0 / 3, .marshall = true};
  given.symmetry = parse_symmetry("translations=1x0,spin-flip=odd");
  model.provenance = given;
  write_model(path, model);
  Provenance found = read_model(path).provenance.value();
  EXPECT_EQ(found.couplings, given.couplings);
  EXPECT_EQ(symmetry_text(found.symmetry), symmetry_text(given.symmetry));
  model.provenance->couplings = {.bonds = {{0, 1, 1.0 / 3, -1}, {15, 2, 0, 1e-300}}};
  write_model(path, model);
  found = read_model(path).provenance.value();
  EXPECT_EQ(found.couplings.bonds, model.provenance->couplings.bonds);
  EXPECT_FALSE(found.couplings.marshall);
  // A bond to a site that the lattice lacks.
  model.provenance->couplings.bonds[0].j = 16;
  write_model(path, model);
  EXPECT_TRUE(mentions(message_of<InputError>([&] { read_model(path); }),
                       {"model.h5", "bond 0", "site 16"}));
}

TEST(ModelFile, RoundTripOfAChain) {
  const test::ScratchDirectory scratch;
  Model model = small_model();
  model.lattice = LatticeKind::chain;
  model.L = 8;
  model.parameters = initial_parameters(
      make_parameter_table(make_network_shape(make_lattice(model.lattice, model.L), model.network)),
      3);
  write_model(scratch / "model.h5", model);
  expect_same(model, read_model(scratch / "model.h5"));
}

/// Files of an independent NumPy implementation: read, written and read again.
class ReferenceModel : public ::testing::TestWithParam<const char*> {};

TEST_P(ReferenceModel, IsReadAndWrittenAlike) {
  const auto reference = std::filesystem::path(PLAQUETTE_TEST_DATA) / GetParam();
  const test::ScratchDirectory scratch;
  const Model model = read_model(reference);
  write_model(scratch / "model.h5", model);
  expect_same(model, read_model(scratch / "model.h5"));

  const Hdf5Reader theirs(reference);
  const Hdf5Reader ours(scratch / "model.h5");
  for (const char* name : {"format", "lattice", "attention"}) {
    EXPECT_EQ(ours.text(name), theirs.text(name)) << name;
  }
  for (const char* name : {"version", "L", "patch", "d_model", "heads", "layers", "ffn_ratio",
                           "translation_invariant", "parameter_count"}) {
    EXPECT_EQ(ours.integer(name), theirs.integer(name)) << name;
  }
  const ParameterTable table =
      make_parameter_table(make_network_shape(make_lattice(model.lattice, model.L), model.network));
  for (const NamedTensor& tensor : table.tensors) {
    const std::string name = "parameters/" + tensor.name;
    EXPECT_EQ(ours.shape(name), theirs.shape(name)) << name;
    EXPECT_EQ(ours.doubles(name), theirs.doubles(name)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ReferenceModel,
    ::testing::Values("4x4_b1_d8_h4_l1_f4_t5.h5", "4x4_b2_d8_h2_l2_f4_decoupled.h5",
                      "4x4_b2_d8_h2_l2_f4_factored.h5", "4x4_b2_d8_h2_l2_f4_t5.h5",
                      "6x6_b2_d12_h3_l2_f2_factored_full.h5", "6x6_b2_d20_h4_l2_f4_factored.h5"));

TEST_F(BadModelFile, Missing) {
  EXPECT_TRUE(mentions(message_of<InputError>([&] { read_model(scratch_ / "absent.h5"); }),
                       {"absent.h5", "No such file"}));
}

TEST_F(BadModelFile, Directory) {
  EXPECT_TRUE(mentions(message_of<InputError>([&] { read_model(scratch_.path()); }),
                       {scratch_.path().string(), "directory"}));
}

TEST_F(BadModelFile, NotHdf5) {
  put_contents(path_, "parameters = 1\n");
  EXPECT_TRUE(mentions(complaint(), {"bad.h5", "not an HDF5 file"}));
  put_contents(path_, "");
  EXPECT_TRUE(mentions(complaint(), {"bad.h5", "not an HDF5 file"}));
}

TEST_F(BadModelFile, CutAnywhere) {
  const std::string whole = contents(path_);
  for (std::size_t twentieths = 0; twentieths < 20; ++twentieths) {
    put_contents(path_, whole.substr(0, whole.size() * twentieths / 20));
    EXPECT_TRUE(mentions(complaint(), {"bad.h5", "truncated"})) << twentieths;
  }
  put_contents(path_, whole.substr(0, whole.size() - 1));
  EXPECT_TRUE(mentions(complaint(), {"bad.h5", "truncated"}));
}

TEST_F(BadModelFile, FormatAndVersion) {
  EXPECT_TRUE(mentions(complaint([](hid_t file) { put_integer(file, "version", 2); }),
                       {"bad.h5", "version 2"}));
  EXPECT_TRUE(
      mentions(complaint([](hid_t file) { put_text(file, "format", "plaquette-checkpoint"); }),
               {"bad.h5", "plaquette-checkpoint", "plaquette-model"}));
}

TEST_F(BadModelFile, MissingAttribute) {
  EXPECT_TRUE(
      mentions(complaint([](hid_t file) { H5Adelete(file, "d_model"); }), {"bad.h5", "d_model"}));
}

TEST_F(BadModelFile, AttributeOfAnotherKind) {
  EXPECT_TRUE(mentions(complaint([](hid_t file) { put_text(file, "L", "four"); }),
                       {"bad.h5", "'L'", "integer"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) {
                         const double half = 4.5;
                         H5Adelete(file, "L");
                         put(file, "L", H5T_NATIVE_DOUBLE, H5Screate(H5S_SCALAR), &half);
                       }),
                       {"bad.h5", "'L'", "integer"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) {
                         const std::vector<std::int64_t> many(100, 4);
                         const hsize_t extent = many.size();
                         H5Adelete(file, "L");
                         put(file, "L", H5T_NATIVE_INT64, H5Screate_simple(1, &extent, nullptr),
                             many.data());
                       }),
                       {"bad.h5", "'L'", "integer"}));
}

TEST_F(BadModelFile, ImpossibleNetwork) {
  EXPECT_TRUE(
      mentions(complaint([](hid_t file) { put_integer(file, "heads", 4); }), {"bad.h5", "heads"}));
  EXPECT_TRUE(
      mentions(complaint([](hid_t file) { put_integer(file, "L", 5); }), {"bad.h5", "--L 5"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) { put_integer(file, "L", std::int64_t{1} << 40); }),
                       {"bad.h5", "'L'"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) {
                         put_integer(file, "L", 4);
                         put_text(file, "attention", "linear");
                       }),
                       {"bad.h5", "'linear'", "factored, t5, decoupled"}));
}

TEST_F(BadModelFile, ParameterCount) {
  EXPECT_TRUE(mentions(complaint([](hid_t file) { put_integer(file, "parameter_count", 12); }),
                       {"bad.h5", "12", "parameters"}));
}

TEST_F(BadModelFile, MissingTensor) {
  EXPECT_TRUE(mentions(complaint([](hid_t file) {
                         H5Ldelete(file, "parameters/layers/1/attention/query/bias", H5P_DEFAULT);
                       }),
                       {"bad.h5", "parameters/layers/1/attention/query/bias"}));
}

TEST_F(BadModelFile, MissingGroup) {
  EXPECT_TRUE(
      mentions(complaint([](hid_t file) { H5Ldelete(file, "parameters/layers", H5P_DEFAULT); }),
               {"bad.h5", "parameters/layers/0/norm1/scale"}));
}

TEST_F(BadModelFile, WrongShape) {
  EXPECT_TRUE(mentions(complaint([](hid_t file) {
                         replace_dataset(file, "parameters/layers/0/ffn/up/kernel", {12, 6});
                       }),
                       {"bad.h5", "parameters/layers/0/ffn/up/kernel", "(12, 6)", "(6, 12)"}));
}

TEST_F(BadModelFile, NotFinite) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_TRUE(mentions(complaint([value](hid_t file) {
                           set_first_element(file, "parameters/head/real/kernel", value);
                         }),
                         {"bad.h5", "parameters/head/real/kernel", "finite"}));
  }
}

}  // namespace
}  // namespace plaquette
