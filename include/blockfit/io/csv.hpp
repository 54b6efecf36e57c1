#ifndef BLOCKFIT_IO_CSV_HPP
#define BLOCKFIT_IO_CSV_HPP

/// CSV files: CsvFile, from_csv, from_csv_vector, to_csv.

#include <blockfit/io/csv/file.hpp>
#include <blockfit/io/csv/options.hpp>
#include <blockfit/io/csv/writer.hpp>

#endif
