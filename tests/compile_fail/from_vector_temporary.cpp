// EXPECT: from_vector: the vector is a temporary and the array would dangle; keep it in a variable
#include <vector>

#include <blockfit/array/creation.hpp>

std::vector<int> load();

void test() {
#ifdef FIXED
    const std::vector<int> y = load();
    (void)blockfit::from_vector(y);
#else
    (void)blockfit::from_vector(load());
#endif
}
