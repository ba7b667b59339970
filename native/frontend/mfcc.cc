#include <algorithm>
#include <bit>
#include <cmath>
#include <new>
#include <vector>

#include "approxlite/frontend.h"
#include "frontend/fourier.h"
#include "frontend/functions.h"

namespace approxlite {
namespace {

constexpr double kFloor = 1e-6;  // of an energy before its logarithm

double mel(double hertz) { return 1127.0 * natural_log(1.0 + hertz / 700.0); }

bool valid(const approx_mfcc_settings& s) {
  return s.sample_rate_hz >= 1000 && s.sample_rate_hz <= 192000 && s.window_samples >= 2 && s.window_samples <= 8192 &&
         s.hop_samples >= 1 && s.mel_bands >= 1 && s.mel_bands <= 256 && s.coefficients >= 1 &&
         s.coefficients <= s.mel_bands && s.lowest_hz >= 0 && s.highest_hz > s.lowest_hz &&
         s.highest_hz <= static_cast<float>(s.sample_rate_hz) / 2;
}

}  // namespace
}  // namespace approxlite

using approxlite::Fourier;
using approxlite::mel;
using approxlite::natural_log;
using approxlite::of_turn;

struct approx_mfcc {
  explicit approx_mfcc(const approx_mfcc_settings& settings)
      : settings_(settings),
        fourier_size_(std::bit_ceil(static_cast<unsigned>(settings.window_samples))),
        fourier_(static_cast<int>(fourier_size_)),
        real_(fourier_size_),
        imaginary_(fourier_size_),
        logarithms_(static_cast<size_t>(settings.mel_bands)) {
    const int window = settings.window_samples, bands = settings.mel_bands;
    for (int i = 0; i < window; ++i) window_.push_back(0.5 - 0.5 * of_turn(i, window).cosine);
    make_bands();
    const double scale = std::sqrt(2.0 / bands);
    for (int k = 0; k < settings.coefficients; ++k) {
      for (int j = 0; j < bands; ++j) {
        const int64_t whole = 4 * int64_t{bands};
        cosines_.push_back(scale * of_turn(k * (2 * int64_t{j} + 1) % whole, whole).cosine);
      }
    }
  }

  int frames(int samples) const {
    return samples < settings_.window_samples ? 0 : (samples - settings_.window_samples) / settings_.hop_samples + 1;
  }

  void compute(const int16_t* sound, int samples, float* features) {
    const int largest = *std::max_element(sound, sound + samples);
    const double divisor = largest > 0 ? largest : 1;
    for (int frame = 0; frame < frames(samples); ++frame, features += settings_.coefficients) {
      take(sound + static_cast<ptrdiff_t>(frame) * settings_.hop_samples, divisor);
      gather();
      const double* cosine = cosines_.data();
      for (int k = 0; k < settings_.coefficients; ++k) {
        double sum = 0;
        for (const double logarithm : logarithms_) sum += logarithm * *cosine++;
        features[k] = static_cast<float>(sum);
      }
    }
  }

 private:
  // A triangle over bins of the transform.
  struct Band {
    size_t first;
    std::vector<double> weights;
  };

  // Triangles whose corners are equally far apart in mel; the bin of frequency 0 belongs to none.
  void make_bands() {
    const double lowest = mel(settings_.lowest_hz), highest = mel(settings_.highest_hz);
    const double step = (highest - lowest) / (settings_.mel_bands + 1);
    for (int band = 0; band < settings_.mel_bands; ++band) {
      const double lower = lowest + band * step, centre = lowest + (band + 1) * step,
                   upper = lowest + (band + 2) * step;
      Band made{0, {}};
      for (size_t bin = 1; bin <= fourier_size_ / 2; ++bin) {
        const double at = mel(static_cast<double>(bin) * settings_.sample_rate_hz / static_cast<double>(fourier_size_));
        const double weight = std::min((at - lower) / (centre - lower), (upper - at) / (upper - centre));
        if (weight <= 0) continue;
        if (made.weights.empty()) made.first = bin;
        made.weights.push_back(weight);
      }
      bands_.push_back(std::move(made));
    }
  }

  void take(const int16_t* sound, double divisor) {
    std::fill(real_.begin(), real_.end(), 0.0);
    std::fill(imaginary_.begin(), imaginary_.end(), 0.0);
    for (size_t i = 0; i < window_.size(); ++i) real_[i] = sound[i] / divisor * window_[i];
    fourier_.transform(real_.data(), imaginary_.data());
  }

  void gather() {
    for (size_t band = 0; band < bands_.size(); ++band) {
      double energy = 0;
      size_t bin = bands_[band].first;
      for (const double weight : bands_[band].weights) {
        energy += weight * std::sqrt(real_[bin] * real_[bin] + imaginary_[bin] * imaginary_[bin]);
        ++bin;
      }
      logarithms_[band] = natural_log(energy + approxlite::kFloor);
    }
  }

  const approx_mfcc_settings settings_;
  const size_t fourier_size_;
  const Fourier fourier_;
  std::vector<double> window_;
  std::vector<Band> bands_;
  std::vector<double> cosines_;  // of every coefficient, one behind the other
  std::vector<double> real_, imaginary_, logarithms_;
};

approx_mfcc_settings approx_mfcc_keyword(void) { return {16000, 480, 320, 40, 10, 20.0f, 4000.0f}; }

approx_status approx_mfcc_create(const approx_mfcc_settings* settings, approx_mfcc** out) {
  if (settings == nullptr || out == nullptr || !approxlite::valid(*settings)) return APPROX_INVALID_ARGUMENT;
  *out = new (std::nothrow) approx_mfcc(*settings);
  return *out == nullptr ? APPROX_OUT_OF_MEMORY : APPROX_OK;
}

int32_t approx_mfcc_frames(const approx_mfcc* mfcc, int32_t samples) {
  return mfcc == nullptr ? 0 : mfcc->frames(samples);
}

approx_status approx_mfcc_compute(approx_mfcc* mfcc, const int16_t* sound, int32_t samples, float* features) {
  if (mfcc == nullptr || sound == nullptr || features == nullptr || mfcc->frames(samples) == 0) {
    return APPROX_INVALID_ARGUMENT;
  }
  mfcc->compute(sound, samples, features);
  return APPROX_OK;
}

void approx_mfcc_destroy(approx_mfcc* mfcc) { delete mfcc; }
