#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <numeric>
#include <vector>

#include "approxlite/frontend.h"
#include "frontend/fourier.h"
#include "frontend/functions.h"

namespace approxlite {
namespace {

TEST(Functions, AreTheLibrarysUpToRounding) {
  for (double x = 1e-6; x < 1e9; x *= 1.0137) {
    ASSERT_NEAR(natural_log(x), std::log(x), 4e-16 * std::max(1.0, std::fabs(std::log(x)))) << x;
  }
  for (const int64_t whole : {1, 3, 8, 160, 480, 8192}) {
    for (int64_t part = 0; part < whole; ++part) {
      const long double angle = 2 * M_PIl * static_cast<long double>(part) / static_cast<long double>(whole);
      ASSERT_NEAR(of_turn(part, whole).sine, static_cast<double>(sinl(angle)), 2.5e-16) << part << "/" << whole;
      ASSERT_NEAR(of_turn(part, whole).cosine, static_cast<double>(cosl(angle)), 2.5e-16) << part << "/" << whole;
    }
  }
}

// Sound without any randomness of a library's: the same on every machine.
std::vector<int16_t> sound_of(int samples) {
  std::vector<int16_t> sound;
  uint32_t state = 7;
  for (int i = 0; i < samples; ++i) {
    state = state * 1664525 + 1013904223;
    const double tone = 9000 * of_turn(int64_t{i} * i / 64 % 16000, 16000).sine;
    sound.push_back(static_cast<int16_t>(tone + static_cast<double>(state >> 20) - 2048));
  }
  return sound;
}

TEST(Fourier, IsTheSumThatDefinesIt) {
  for (const int size : {1, 2, 8, 64}) {
    std::vector<double> real, imaginary;
    for (const int16_t value : sound_of(2 * size)) (real.size() < imaginary.size() ? real : imaginary).push_back(value);
    std::vector<std::complex<double>> wanted(static_cast<size_t>(size));
    for (int k = 0; k < size; ++k) {
      for (int n = 0; n < size; ++n) {
        wanted[static_cast<size_t>(k)] +=
            std::complex<double>(real[static_cast<size_t>(n)], imaginary[static_cast<size_t>(n)]) *
            std::polar(1.0, -2 * M_PI * k * n / size);
      }
    }
    Fourier(size).transform(real.data(), imaginary.data());
    for (size_t k = 0; k < wanted.size(); ++k) {
      EXPECT_NEAR(real[k], wanted[k].real(), 1e-7) << size;
      EXPECT_NEAR(imaginary[k], wanted[k].imag(), 1e-7) << size;
    }
  }
}

std::vector<float> features_of(const std::vector<int16_t>& sound,
                               approx_mfcc_settings settings = approx_mfcc_keyword()) {
  approx_mfcc* mfcc = nullptr;
  EXPECT_EQ(approx_mfcc_create(&settings, &mfcc), APPROX_OK);
  const int samples = static_cast<int>(sound.size());
  std::vector<float> features(static_cast<size_t>(approx_mfcc_frames(mfcc, samples) * settings.coefficients));
  EXPECT_EQ(approx_mfcc_compute(mfcc, sound.data(), samples, features.data()), APPROX_OK);
  approx_mfcc_destroy(mfcc);
  return features;
}

TEST(Mfcc, ASecondGivesWhatTheKeywordModelTakes) { EXPECT_EQ(features_of(sound_of(16000)).size(), 49u * 10u); }

TEST(Mfcc, GoldenBits) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const float value : features_of(sound_of(16000))) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    for (int byte = 0; byte < 4; ++byte) hash = (hash ^ (bits >> (8 * byte) & 255)) * 0x100000001b3;
  }
  EXPECT_EQ(hash, 0x98a7a63bf6a0ddd5u) << std::hex << hash;
}

TEST(Mfcc, SoundThatIsLouderHasTheSameFeatures) {
  std::vector<int16_t> sound = sound_of(4000), louder;
  for (const int16_t value : sound) louder.push_back(static_cast<int16_t>(2 * value));
  EXPECT_EQ(features_of(sound), features_of(louder));
}

TEST(Mfcc, SilenceIsTheFloorAlone) {
  const std::vector<float> features = features_of(std::vector<int16_t>(480));
  EXPECT_NEAR(features[0], 40 * std::log(1e-6) * std::sqrt(2.0 / 40), 1e-4);
  for (size_t i = 1; i < features.size(); ++i) EXPECT_NEAR(features[i], 0, 1e-4);
}

TEST(Mfcc, RefusesWhatItCannotDo) {
  approx_mfcc* mfcc = nullptr;
  EXPECT_EQ(approx_mfcc_create(nullptr, &mfcc), APPROX_INVALID_ARGUMENT);
  const auto refused = [&](auto change) {
    approx_mfcc_settings settings = approx_mfcc_keyword();
    change(settings);
    return approx_mfcc_create(&settings, &mfcc) == APPROX_INVALID_ARGUMENT;
  };
  EXPECT_TRUE(refused([](auto& s) { s.window_samples = 1; }));
  EXPECT_TRUE(refused([](auto& s) { s.hop_samples = 0; }));
  EXPECT_TRUE(refused([](auto& s) { s.coefficients = 41; }));
  EXPECT_TRUE(refused([](auto& s) { s.highest_hz = 8001; }));
  EXPECT_TRUE(refused([](auto& s) { s.lowest_hz = NAN; }));
  const approx_mfcc_settings settings = approx_mfcc_keyword();
  ASSERT_EQ(approx_mfcc_create(&settings, &mfcc), APPROX_OK);
  const int16_t sound[479] = {};
  float features[10];
  EXPECT_EQ(approx_mfcc_frames(mfcc, 479), 0);
  EXPECT_EQ(approx_mfcc_frames(mfcc, -1), 0);
  EXPECT_EQ(approx_mfcc_compute(mfcc, sound, 479, features), APPROX_INVALID_ARGUMENT);
  approx_mfcc_destroy(mfcc);
  approx_mfcc_destroy(nullptr);
}

}  // namespace
}  // namespace approxlite
