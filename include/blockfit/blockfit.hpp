#ifndef BLOCKFIT_BLOCKFIT_HPP
#define BLOCKFIT_BLOCKFIT_HPP

/// Everything but interop/, which needs the libraries it serves.

#include <blockfit/array/chunked_matrix.hpp>
#include <blockfit/array/chunked_vector.hpp>
#include <blockfit/array/compute.hpp>
#include <blockfit/array/creation.hpp>
#include <blockfit/array/elementwise.hpp>
#include <blockfit/array/reductions.hpp>
#include <blockfit/array/row_indexing.hpp>
#include <blockfit/array/store.hpp>
#include <blockfit/array/structure.hpp>
#include <blockfit/cluster/mini_batch_kmeans.hpp>
#include <blockfit/core/error.hpp>
#include <blockfit/core/matrix.hpp>
#include <blockfit/core/random_state.hpp>
#include <blockfit/datasets/make_blobs.hpp>
#include <blockfit/datasets/make_classification.hpp>
#include <blockfit/datasets/make_regression.hpp>
#include <blockfit/decomposition/incremental_pca.hpp>
#include <blockfit/exec/settings.hpp>
#include <blockfit/exec/stream.hpp>
#include <blockfit/io/binary.hpp>
#include <blockfit/io/csv.hpp>
#include <blockfit/io/hdf5.hpp>
#include <blockfit/io/libsvm.hpp>
#include <blockfit/io/npy.hpp>
#include <blockfit/linear_model/passive_aggressive_classifier.hpp>
#include <blockfit/linear_model/passive_aggressive_regressor.hpp>
#include <blockfit/linear_model/perceptron.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/linear_model/sgd_regressor.hpp>
#include <blockfit/model_selection/shuffle_blocks.hpp>
#include <blockfit/model_selection/train_test_split.hpp>
#include <blockfit/naive_bayes/bernoulli_nb.hpp>
#include <blockfit/naive_bayes/gaussian_nb.hpp>
#include <blockfit/naive_bayes/multinomial_nb.hpp>
#include <blockfit/neural_network/mlp_classifier.hpp>
#include <blockfit/neural_network/mlp_regressor.hpp>
#include <blockfit/persistence/save.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/max_abs_scaler.hpp>
#include <blockfit/preprocessing/min_max_scaler.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/version.hpp>
#include <blockfit/wrappers/incremental.hpp>

#endif
