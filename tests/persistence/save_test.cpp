#include <catch2/catch.hpp>

#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <blockfit/array/creation.hpp>
#include <blockfit/io/hdf5.hpp>
#include <blockfit/linear_model/sgd_classifier.hpp>
#include <blockfit/persistence/save.hpp>
#include <blockfit/pipeline.hpp>
#include <blockfit/preprocessing/standard_scaler.hpp>
#include <blockfit/wrappers/incremental.hpp>

#include "support/errors.hpp"
#include "support/files.hpp"

namespace bf = blockfit;
using bf::Index;
using bf::Label;
using Catch::Matchers::Contains;

namespace {

struct Data {
    bf::Matrix<double> X;
    std::vector<Label> y;
};
Data data(Index n, Index d, Label n_classes, std::uint32_t seed) {
    Data out{bf::random_normal(n, d, {.seed = seed}).compute(), {}};
    for (Index i = 0; i < n; ++i) {
        const double sum = out.X(i, 0) + out.X(i, 1);
        out.y.push_back(n_classes == 2 ? sum > 0 : sum < -0.5 ? -7 : sum < 0.5 ? 3 : 1000);
    }
    return out;
}

template <class E, class Train>
void round_trip(E fitted, Train train) {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("model.h5");
    bf::save(path, fitted);
    E loaded = bf::load<E>(path);
    REQUIRE(loaded == fitted);
    REQUIRE(loaded.to_string() == fitted.to_string());
    train(fitted);
    train(loaded);
    REQUIRE(loaded == fitted);  // training goes on with the same bits
    bf::save(path, loaded);     // over the old one
    REQUIRE(bf::load<E>(path) == fitted);
    REQUIRE(folder.names() == std::vector<std::string>{"model.h5"});
}

using Pipe = bf::Pipeline<bf::StandardScaler, bf::Incremental<bf::SGDClassifier>>;
Pipe fitted_pipeline() {
    const Data d = data(300, 4, 2, 1);
    Pipe pipe(bf::StandardScaler{}, bf::Incremental{bf::SGDClassifier{{.loss = bf::Loss::log_loss}}, {.classes = {0, 1}}});
    pipe.fit(bf::from_array(d.X, {.block_rows = 30}), bf::from_vector(d.y));
    return pipe;
}

}  // namespace

TEST_CASE("save: a scaler goes on after loading, whatever the number of blocks", "[persistence]") {
    const Data more = data(20, 3, 2, 9);
    for (const Index blocks : {1, 2, 3, 7, 8, 13}) {
        bf::StandardScaler scaler;
        scaler.fit(bf::from_array(data(10 * blocks, 3, 2, 4).X, {.block_rows = 10}));
        round_trip(scaler, [&](bf::StandardScaler& s) { s.partial_fit(more.X); });
    }
    round_trip(bf::StandardScaler({.with_mean = false}), [&](bf::StandardScaler& s) { s.partial_fit(more.X); });  // not fitted
    bf::Matrix<double> missing = more.X;
    for (Index i = 0; i < missing.rows(); ++i) missing(i, 1) = std::numeric_limits<double>::quiet_NaN();
    const bf::StandardScaler scaler = bf::StandardScaler().fit(missing);
    round_trip(scaler, [&](bf::StandardScaler& s) { s.partial_fit(more.X); });
}

TEST_CASE("save: a classifier goes on after loading", "[persistence]") {
    for (const Label n_classes : {2, 3}) {
        const Data d = data(200, 5, n_classes, 2), more = data(50, 5, n_classes, 3);
        for (const bf::SGDClassifierParams& params :
             {bf::SGDClassifierParams{}, {.loss = bf::Loss::log_loss, .penalty = bf::Penalty::elasticnet, .random_state = 7},
              {.tol = std::nullopt, .learning_rate = bf::LearningRate::invscaling, .eta0 = 0.1, .average = 20},
              {.penalty = bf::Penalty::none, .alpha = 1.0 / 3.0, .class_weight = {{3, 0.1}, {1, 2.5}}}}) {
            bf::SGDClassifierParams mine = params;
            if (!mine.class_weight.weights().empty()) mine.class_weight = {{d.y[0], 0.1}};
            bf::SGDClassifier c(mine);
            c.partial_fit(d.X, d.y, {.classes = bf::detail::unique_labels(d.y)});
            round_trip(c, [&](bf::SGDClassifier& each) { each.partial_fit(more.X, more.y); });
        }
        round_trip(bf::SGDClassifier({.class_weight = bf::balanced}).fit(d.X, d.y),
                   [&](bf::SGDClassifier& each) { each.fit(more.X, more.y); });
    }
}

TEST_CASE("save: pipelines and wrappers", "[persistence]") {
    const Data d = data(200, 4, 2, 2);
    const auto go_on = [&](auto& model) { model.partial_fit(d.X, d.y); };
    const Pipe pipe = fitted_pipeline();
    round_trip(pipe, go_on);
    round_trip(pipe.get<1>(), go_on);
    round_trip(bf::make_pipeline(bf::step<"scale">(bf::StandardScaler{}), bf::StandardScaler{}, bf::SGDClassifier{}).fit(d.X, d.y), go_on);
    bf::IncrementalClassifier wrapped{bf::SGDClassifier{}, {.classes = {0, 1}, .passes = 3, .shuffle_blocks = true}};
    wrapped.fit(bf::from_array(d.X, {.block_rows = 30}), bf::from_vector(d.y));
    round_trip(wrapped, go_on);
}

TEST_CASE("load: what is no such model is refused with the reason", "[persistence][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("model.h5");
    const Pipe pipe = fitted_pipeline();
    bf::save(path, pipe);
    const auto loading = [&]<class E>(const std::string& from) { return test::message([&] { (void)bf::load<E>(from); }); };
    REQUIRE_THAT(loading.operator()<bf::StandardScaler>(path), Contains("holds a Pipeline, a StandardScaler was asked for"));
    REQUIRE_THAT((loading.operator()<bf::Pipeline<bf::StandardScaler, bf::SGDClassifier>>(path)),
                 Contains("the steps standardscaler, incremental"));
    REQUIRE_THAT(loading.operator()<Pipe>(folder.file("nowhere.h5")), Contains("No such file"));
    REQUIRE_THROWS_AS(bf::load<Pipe>(folder.file("nowhere.h5")), bf::IoError);
    test::write_bytes(folder.file("text.h5"), std::vector<char>(1000, 'x'));
    REQUIRE_THAT(loading.operator()<Pipe>(folder.file("text.h5")), Contains("not a model"));
    bf::to_hdf5(folder.file("data.h5"), bf::dataset("X", bf::random_normal(5, 2)));
    REQUIRE_THAT(loading.operator()<Pipe>(folder.file("data.h5")), Contains("not a blockfit model"));
    REQUIRE_THROWS_AS(bf::load<Pipe>(folder.file("data.h5")), bf::ModelError);

    // Changes made with h5py, as another program or a later version would.
    const auto changed = [&](const std::string& change) {
        bf::save(path, pipe);
        const std::string script = "-c \"\nimport h5py, numpy as np\nf = h5py.File('" + path +
                                   "', 'r+')\ns = f['model/steps/standardscaler']\nc = f['model/steps/incremental/steps/estimator']\n" +
                                   change + "\n\"";
        REQUIRE(test::python(script));
        REQUIRE_THROWS_AS(bf::load<Pipe>(path), bf::ModelError);
        return loading.operator()<Pipe>(path);
    };
    REQUIRE_THAT(changed("s.attrs['schema_version'] = np.int64(2)"), Contains("newer blockfit") && Contains("schema 2"));
    REQUIRE_THAT(changed("f['info'].attrs['format_version'] = np.int64(9)"), Contains("format 9"));
    REQUIRE_THAT(changed("f['info'].attrs['format'] = np.bytes_('other')"), Contains("not a blockfit model"));
    REQUIRE_THAT(changed("del c['state']"), Contains("'state' is missing"));
    REQUIRE_THAT(changed("del c['state/coef']"), Contains("'coef' is missing"));
    REQUIRE_THAT(changed("del c['params'].attrs['alpha']"), Contains("'alpha' is missing"));
    REQUIRE_THAT(changed("c['params'].attrs['gamma'] = np.bytes_('1')"), Contains("does not have"));
    REQUIRE_THAT(changed("c['params'].attrs['loss'] = np.bytes_('nonsense')"), Contains("nonsense"));
    REQUIRE_THAT(changed("c['state/coef'][0, 0] = np.nan"), Contains("not finite"));
    REQUIRE_THAT(changed("del c['state/coef']; c['state/coef'] = np.zeros((3, 4))"), Contains("do not fit"));
    REQUIRE_THAT(changed("del c['state/classes']; c['state/classes'] = np.array([1, 0])"), Contains("not ascending"));
    REQUIRE_THAT(changed("del c['state/coef']; c['state/coef'] = np.zeros((1, 4), 'f4')"), Contains("wrong type"));
    REQUIRE_THAT(changed("del c['state/coef']; c['state'].create_dataset('coef', (1 << 20, 1 << 20), 'f8', chunks=(1, 1))"),
                 Contains("larger than the file"));
    REQUIRE_THAT(changed("s['state/tree'].attrs['size'] = np.int64(1 << 40)"), Contains("out of range"));
    REQUIRE_THAT(changed("s['state/tree'].attrs['size'] = np.int64(50)"), Contains("is missing"));
    REQUIRE_THAT(changed("del s['state/tree/0/mean']; s['state/tree/0/mean'] = np.zeros(7)"), Contains("differ in length"));
}

TEST_CASE("load: no damaged byte or truncation gives another model", "[persistence][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("model.h5");
    bf::StandardScaler scaler;
    scaler.fit(data(50, 3, 2, 1).X);
    bf::save(path, scaler);
    const std::vector<char> good = test::read_bytes(path);
    std::mt19937 generator(1);
    int refused = 0, unchanged = 0;
    for (int trial = 0; trial < 600; ++trial) {
        std::vector<char> bad = good;
        if (trial % 6 == 0) {
            bad.resize(generator() % good.size());
        } else {
            for (int flips = 1 + trial % 3; flips > 0; --flips) bad[generator() % bad.size()] ^= static_cast<char>(1 << generator() % 8);
        }
        test::write_bytes(path, bad);
        try {
            const auto loaded = bf::load<bf::StandardScaler>(path);
            REQUIRE(loaded == scaler);  // the byte was of no account
            ++unchanged;
        } catch (const bf::ModelError&) {
            ++refused;
        }
    }
    REQUIRE(refused > 300);
    REQUIRE(refused + unchanged == 600);
}

TEST_CASE("save: nothing is left of a failure", "[persistence][errors]") {
    const test::TemporaryFolder folder;
    const std::string path = folder.file("model.h5");
    const Pipe pipe = fitted_pipeline();
    bf::save(path, pipe);
    REQUIRE_THROWS_AS(bf::save(path, bf::StandardScaler{}, {.overwrite = false}), bf::IoError);
    REQUIRE(bf::load<Pipe>(path) == pipe);
    REQUIRE_THROWS_AS(bf::save("/nowhere/model.h5", pipe), bf::IoError);
    REQUIRE(folder.names() == std::vector<std::string>{"model.h5"});
}
