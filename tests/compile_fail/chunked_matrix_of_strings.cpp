// EXPECT: ChunkedMatrix<T>: T must be a number type
#include <string>

#include <blockfit/array/chunked_matrix.hpp>

#ifdef FIXED
using Value = float;
#else
using Value = std::string;
#endif

blockfit::Index test(const blockfit::ChunkedMatrix<Value>& X) { return X.cols(); }
