/// HDF5 files as people have them: compressed, in several datasets, in several files, as tables with named columns.
/// Compiled and run with the tests.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

#include <hdf5.h>

#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/io/hdf5.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>

namespace bf = blockfit;

namespace {

/// A table as PyTables or pandas leave it, with text about it, which blockfit does not write: by HDF5's own functions.
void write_table() {
    struct Flight {
        double delay;
        float distance;
        int day;
    };
    std::vector<Flight> flights;
    for (int i = 0; i < 1000; ++i) flights.push_back({0.5 * (i % 60), 100.0F + static_cast<float>(i), i % 7});
    const std::lock_guard lock(bf::hdf5_mutex());
    const hid_t file = H5Fcreate("flights.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t record = H5Tcreate(H5T_COMPOUND, sizeof(Flight));
    H5Tinsert(record, "delay", HOFFSET(Flight, delay), H5T_NATIVE_DOUBLE);
    H5Tinsert(record, "distance", HOFFSET(Flight, distance), H5T_NATIVE_FLOAT);
    H5Tinsert(record, "day", HOFFSET(Flight, day), H5T_NATIVE_INT);
    const hsize_t n = flights.size(), n_names = 3;
    const hid_t space = H5Screate_simple(1, &n, nullptr), one = H5Screate(H5S_SCALAR),
                three = H5Screate_simple(1, &n_names, nullptr);
    const hid_t table = H5Dcreate2(file, "flights", record, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(table, record, H5S_ALL, H5S_ALL, H5P_DEFAULT, flights.data());
    const hid_t year = H5Acreate2(table, "year", H5T_NATIVE_INT, one, H5P_DEFAULT, H5P_DEFAULT);
    const int value = 2008;
    H5Awrite(year, H5T_NATIVE_INT, &value);
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    const hid_t names = H5Dcreate2(file, "names", text, three, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const char* const list[] = {"delay", "distance", "day"};
    H5Dwrite(names, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, list);
    H5Aclose(year);
    H5Dclose(names);
    H5Dclose(table);
    H5Tclose(text);
    H5Tclose(record);
    for (const hid_t each : {space, one, three}) H5Sclose(each);
    H5Fclose(file);
}

bool write() {
    //! [write]
    auto X = bf::random_normal(100'000, 4, {.seed = 1});
    bf::to_hdf5("X.h5", {.compression = 4}, bf::dataset("X", X), bf::dataset("group/first", X.col(0).astype<float>()));
    //! [write]
    return bf::from_hdf5<double>("X.h5", "X").compute() == X.compute();
}

bool look() {
    //! [look]
    for (const auto& d : bf::hdf5_datasets("X.h5"))
        std::cout << d.name << ": " << d.dtype << ", " << d.shape[0] << " rows, " << d.filters.size() << " filters\n";
    //! [look]
    return bf::hdf5_datasets("X.h5").size() == 2;
}

bool columns() {
    auto X = bf::random_normal(1000, 3, {.seed = 2});
    bf::to_hdf5("columns.h5", bf::dataset("height", X.col(0)), bf::dataset("weight", X.col(1).astype<float>()),
                bf::dataset("age", X.col(2)));
    //! [columns]
    auto people = bf::from_hdf5_columns<double>("columns.h5", {"height", "weight", "age"});  // 1000 x 3, lazy
    //! [columns]
    std::cout << people << '\n';
    return people.cols(0, 1).compute() == X.cols(0, 1).compute();
}

bool fields() {
    write_table();
    //! [fields]
    auto X = bf::from_hdf5_fields<double>("flights.h5", "flights", {"distance", "day"});
    auto y = bf::from_hdf5_field_vector<double>("flights.h5", "flights", "delay");
    auto everything = bf::from_hdf5_fields<float>("flights.h5", "flights");  // all fields that are numbers
    //! [fields]
    //! [text]
    auto names = bf::hdf5_strings("flights.h5", "names");                 // a std::vector<std::string>
    int year = bf::hdf5_attribute<int>("flights.h5", "flights", "year");  // also std::string, and std::vector of either
    //! [text]
    std::cout << X << '\n' << names[0] << ", " << names[1] << ", " << names[2] << " of " << year << '\n';
    return X.compute()(8, 1) == 1.0 && y.compute()[3] == 1.5 && everything.cols() == 3 && names.size() == 3 &&
           year == 2008;
}

bool files() {
    auto all = bf::random_normal(3000, 2, {.seed = 3});
    for (bf::Index month = 0; month < 3; ++month)
        bf::to_hdf5("month_" + std::to_string(month) + ".h5",
                    bf::dataset("X", all.rows(1000 * month, 1000 * (month + 1))));
    //! [files]
    std::vector<std::string> months{"month_0.h5", "month_1.h5", "month_2.h5"};
    auto X = bf::from_hdf5<double>(months, "X");                          // 3000 x 2, blocks end with the files
    auto even = bf::from_hdf5<double>(months, "X", {.block_rows = 700});  // as if they were one file
    bf::StandardScaler scaler;
    scaler.fit(X);
    //! [files]
    std::cout << X << '\n' << even << '\n';
    return X.compute() == all.compute() && X.n_blocks() == 3 && even.n_blocks() == 5 && scaler.scale()[0] > 0.9;
}

}  // namespace

int main() {
    const bool ok = write() && look() && columns() && fields() && files();
    for (const char* const file : {"X.h5", "columns.h5", "flights.h5", "month_0.h5", "month_1.h5", "month_2.h5"})
        std::remove(file);
    std::puts(ok ? "ok" : "not as documented");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
