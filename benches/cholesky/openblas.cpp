// OpenBLAS's own threads inside one dpotrf of the plain column-major matrix; the workload's tile plays no part.
#include "cholesky.hpp"

#include <cblas.h>

namespace {

class OpenBLAS final : public cholesky::Peer {
  public:
    explicit OpenBLAS(const cholesky::Options &options) { openblas_set_num_threads(options.workers); }

    void run(cholesky::Factorisation &factorisation) override { factorisation.steps().front().run(); }
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(
        argc, argv, "openblas", [](const auto &options) { return std::make_unique<OpenBLAS>(options); },
        cholesky::Storage::plain);
}
