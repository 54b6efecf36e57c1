#include <iostream>

#include <blockfit/version.hpp>

int main() { std::cout << "blockfit " << blockfit::version << '\n'; }
