#include "engine/rung_weights.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>

#include "engine/safetensors.h"

namespace approxlite {
namespace {

// Numbers as they lie in a file.
template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

std::string with_header(std::string header, const std::string& data) {
  while (header.size() % 8 != 0) header += ' ';
  const uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + header + data;
}

// Builds a file tensor by tensor.
class FileBuilder {
 public:
  template <class Number>
  FileBuilder& add(const std::string& name, const std::string& shape, const std::vector<Number>& numbers) {
    const char* const type = std::is_same_v<Number, float> ? "F32" : std::is_same_v<Number, int32_t> ? "I32" : "U8";
    if (!header_.empty()) header_ += ",";
    header_ += "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
               std::to_string(data_.size()) + ",";
    data_ += bytes_of(numbers);
    header_ += std::to_string(data_.size()) + "]}";
    return *this;
  }
  std::string build() const { return with_header("{" + header_ + "}", data_); }

 private:
  std::string header_, data_;
};

// Two outputs that read groups 1 and 4, and the same of another rung; two factors of rank 2 for K = 3.
std::string good_file() {
  return FileBuilder()
      .add<float>("conv_2d_7.input_scale", "1", {0.5f})
      .add<int32_t>("conv_2d_7/inputs:1/2/groups", "2", {1, 4})
      .add<float>("conv_2d_7/inputs:1/2/weights", "2,8", std::vector<float>(16, 0.25f))
      .add<float>("conv_2d_7/inputs:1/2/bias", "2", {NAN, -1.f})
      .add<int32_t>("cheap/conv_2d_7/inputs:1/2/groups", "1", {0})
      .add<float>("cheap/conv_2d_7/inputs:1/2/weights", "2,4", std::vector<float>(8, 0.5f))
      .add<float>("cheap/conv_2d_7/inputs:1/2/bias", "2", {1.f, 2.f})
      .add<float>("fully_connected_9/rank:3/4/first", "2,3", {1, 2, 3, 4, 5, 6})
      .add<float>("fully_connected_9/rank:3/4/weights", "1,2", {7, 8})
      .add<float>("fully_connected_9/rank:3/4/bias", "1", {9})
      .build();
}

class RungWeightsFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "rung_weights_XXXXXX";
    const int file = mkstemp(path_.data());
    ASSERT_GE(file, 0);
    close(file);
  }
  void TearDown() override { unlink(path_.c_str()); }

  std::shared_ptr<const RungWeights> open(const std::string& content, uint64_t offset = 0, uint64_t bytes = 0) {
    std::ofstream(path_, std::ios::binary) << content;
    error_.clear();
    return RungWeights::open(path_.c_str(), offset, bytes, &error_);
  }

  // The reason for which `content` is refused; "" if it is not.
  std::string refusal(const std::string& content) {
    const bool opened = open(content) != nullptr;
    EXPECT_EQ(opened, error_.empty());
    EXPECT_EQ(error_.find('\n'), std::string::npos);
    return error_;
  }

  std::string path_, error_;
};

TEST_F(RungWeightsFile, GivesWhatLiesInIt) {
  const auto weights = open(good_file());
  ASSERT_NE(weights, nullptr) << error_;
  const auto inputs = weights->find("", "conv_2d_7", "inputs:1/2");
  ASSERT_NE(inputs, nullptr);
  EXPECT_EQ(std::vector<int32_t>(inputs->groups, inputs->groups + inputs->group_count), (std::vector<int32_t>{1, 4}));
  EXPECT_EQ(inputs->outputs, 2);
  EXPECT_EQ(inputs->weights[15], 0.25f);
  EXPECT_TRUE(std::isnan(inputs->bias[0]));
  EXPECT_EQ(inputs->bias[1], -1.f);
  EXPECT_EQ(inputs->first, nullptr);

  const auto rank = weights->find("", "fully_connected_9", "rank:3/4");
  ASSERT_NE(rank, nullptr);
  EXPECT_EQ(rank->rank, 2);
  EXPECT_EQ(rank->k, 3);
  EXPECT_EQ(rank->outputs, 1);
  EXPECT_EQ(rank->first[5], 6.f);
  EXPECT_EQ(rank->weights[1], 8.f);
  EXPECT_EQ(rank->bias[0], 9.f);
  EXPECT_EQ(rank->groups, nullptr);
}

TEST_F(RungWeightsFile, PrefersTheRungsOwnOverTheShared) {
  const auto weights = open(good_file());
  ASSERT_NE(weights, nullptr) << error_;
  EXPECT_EQ(weights->find("cheap", "conv_2d_7", "inputs:1/2")->group_count, 1);
  EXPECT_EQ(weights->find("other", "conv_2d_7", "inputs:1/2")->group_count, 2);
  EXPECT_EQ(weights->find("cheap", "fully_connected_9", "rank:3/4")->rank, 2);
  EXPECT_EQ(weights->find("cheap", "conv_2d_7", "inputs:1/2"), weights->find("cheap", "conv_2d_7", "inputs:1/2"));
}

TEST_F(RungWeightsFile, HasNothingForOthers) {
  const auto weights = open(good_file());
  ASSERT_NE(weights, nullptr) << error_;
  EXPECT_EQ(weights->find("", "conv_2d_7", "inputs:1/4"), nullptr);
  EXPECT_EQ(weights->find("", "conv_2d_8", "inputs:1/2"), nullptr);
  EXPECT_EQ(weights->find("", "conv_2d_7", "rank:1/2"), nullptr);
  EXPECT_EQ(weights->find("", "", ""), nullptr);
}

TEST_F(RungWeightsFile, LivesAsLongAsAnybodyUsesIt) {
  auto weights = open(good_file());
  ASSERT_NE(weights, nullptr) << error_;
  const auto inputs = weights->find("", "conv_2d_7", "inputs:1/2");
  weights.reset();
  unlink(path_.c_str());
  EXPECT_EQ(inputs->groups[1], 4);
  EXPECT_EQ(inputs->weights[0], 0.25f);
}

TEST_F(RungWeightsFile, MayLieInsideAnotherFileAtMultiplesOfFour) {
  for (const size_t offset : {4, 64, 4092, 4096, 4100, 10000}) {
    const std::string content = std::string(offset, 'z') + good_file() + "the rest of a zip";
    const auto weights = open(content, offset, good_file().size());
    ASSERT_NE(weights, nullptr) << error_;
    EXPECT_EQ(weights->find("", "conv_2d_7", "inputs:1/2")->groups[1], 4);
  }
  EXPECT_EQ(open("z" + good_file(), 1, good_file().size()), nullptr);
  EXPECT_NE(error_.find("multiple of four"), std::string::npos) << error_;
}

TEST_F(RungWeightsFile, WithoutWeightsOfOursIsEmpty) {
  for (const std::string& content :
       {with_header("{}", ""), with_header("{\"__metadata__\":{\"a\":\"\\u00e4\\n\",\"b\":\"}\"}}", ""),
        FileBuilder().add<uint8_t>("a", "3", {1, 2, 3}).add<float>("a/inputs:2/3/weights", "1", {1}).build(),
        FileBuilder().add<float>("inputs:1/2/weights", "1", {1}).add<float>("/inputs:1/2/bias", "", {1}).build(),
        FileBuilder().add<float>("conv/inputs:1/2/first", "1", {1}).add<float>("int8/bias", "0,9", {}).build()}) {
    const auto weights = open(content);
    ASSERT_NE(weights, nullptr) << error_;
    EXPECT_EQ(weights->find("", "conv", "inputs:1/2"), nullptr);
  }
}

TEST_F(RungWeightsFile, IsRefusedWhenItsPartsDoNotFit) {
  const std::string name = "c_1/inputs:1/2/";
  const auto file = [&](const std::vector<int32_t>& groups, const std::string& weights_shape, size_t weights,
                        const std::string& bias_shape, size_t biases) {
    return FileBuilder()
        .add(name + "groups", std::to_string(groups.size()), groups)
        .add(name + "weights", weights_shape, std::vector<float>(weights))
        .add(name + "bias", bias_shape, std::vector<float>(biases))
        .build();
  };
  EXPECT_EQ(refusal(file({0, 1}, "3,8", 24, "3", 3)), "");
  EXPECT_NE(refusal(file({1, 1}, "3,8", 24, "3", 3)).find("ascending"), std::string::npos);
  EXPECT_NE(refusal(file({1, 0}, "3,8", 24, "3", 3)).find("ascending"), std::string::npos);
  EXPECT_NE(refusal(file({-1, 0}, "3,8", 24, "3", 3)).find("ascending"), std::string::npos);
  EXPECT_NE(refusal(file({}, "3,8", 24, "3", 3)).find("zero"), std::string::npos);
  EXPECT_NE(refusal(file({0, 1}, "3,4", 12, "3", 3)).find("four columns"), std::string::npos);
  EXPECT_NE(refusal(file({0, 1}, "24", 24, "3", 3)).find("dimensions"), std::string::npos);
  EXPECT_NE(refusal(file({0, 1}, "3,8", 24, "4", 4)).find("each output"), std::string::npos);
  EXPECT_NE(refusal(file({0, 1}, "0,8", 0, "0", 0)).find("zero"), std::string::npos);
  EXPECT_NE(refusal(FileBuilder().add<int32_t>(name + "groups", "1", {0}).build()).find("'weights' is missing"),
            std::string::npos);
  EXPECT_NE(refusal(FileBuilder().add<float>(name + "bias", "1", {0}).build()).find("'groups' is missing"),
            std::string::npos);
  EXPECT_NE(refusal(FileBuilder()
                        .add<float>(name + "groups", "1", {0})
                        .add<float>(name + "weights", "1,4", {1, 2, 3, 4})
                        .add<float>(name + "bias", "1", {0})
                        .build())
                .find("wrong type"),
            std::string::npos);
  EXPECT_NE(refusal(FileBuilder()
                        .add<float>("c_1/rank:1/2/first", "2,3", std::vector<float>(6))
                        .add<float>("c_1/rank:1/2/weights", "5,3", std::vector<float>(15))
                        .add<float>("c_1/rank:1/2/bias", "5", std::vector<float>(5))
                        .build())
                .find("each rank"),
            std::string::npos);
}

TEST_F(RungWeightsFile, IsReadFromMemoryAsFromAFile) {
  const std::string content = good_file();
  std::vector<float> aligned(content.size() / sizeof(float) + 1);
  std::memcpy(aligned.data(), content.data(), content.size());
  std::string error;
  const auto weights = RungWeights::view(aligned.data(), content.size(), &error);
  ASSERT_NE(weights, nullptr) << error;
  const auto inputs = weights->find("", "conv_2d_7", "inputs:1/2");
  ASSERT_NE(inputs, nullptr);
  EXPECT_EQ(inputs->weights[15], 0.25f);
  EXPECT_EQ(RungWeights::view(aligned.data(), content.size() - 1, &error), nullptr);
  EXPECT_FALSE(error.empty());
  EXPECT_EQ(RungWeights::view(reinterpret_cast<char*>(aligned.data()) + 1, content.size() - 1, &error), nullptr);
}

TEST_F(RungWeightsFile, IsRefusedWhenItIsNotThere) {
  std::string error;
  EXPECT_EQ(RungWeights::open("/nonexistent/weights.bin", 0, 0, &error), nullptr);
  EXPECT_NE(error.find("/nonexistent/weights.bin"), std::string::npos);
  EXPECT_EQ(RungWeights::open("/", 0, 0, &error), nullptr);
  EXPECT_EQ(RungWeights::open("/dev/null", 0, 0, &error), nullptr);
  unlink(path_.c_str());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(RungWeights::open(path_.c_str(), 0, 0, &error), nullptr);
  unlink(path_.c_str());
  EXPECT_EQ(open(""), nullptr);
  EXPECT_EQ(open("1234567"), nullptr);
  const std::string good = good_file();
  EXPECT_EQ(open(good, good.size()), nullptr);
  EXPECT_EQ(open(good, 0, good.size() + 1), nullptr);
  EXPECT_EQ(open(good, UINT64_MAX), nullptr);
  EXPECT_EQ(open(good, 8, UINT64_MAX), nullptr);
  EXPECT_EQ(open(good, UINT64_MAX - 4, 8), nullptr);
}

TEST_F(RungWeightsFile, IsRefusedWhenItsHeaderIsHostile) {
  const std::string one = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
  EXPECT_EQ(refusal(with_header("{" + one + "}", "0123")), "");
  EXPECT_EQ(refusal(with_header(" {\t\"__metadata__\" : { } ,\n" + one + "\r} ", "0123")), "");
  // After {"a":{"dtype":"F32","shape":
  const std::vector<std::string> shapes = {
      R"([1])",
      R"([1],"data_offsets":[0,4],"more":1)",
      R"([1],"shape":[1],"data_offsets":[0,4])",
      R"([1],"data_offsets":[0,4,4])",
      R"([1],"data_offsets":[4])",
      R"([1],"data_offsets":[4,0])",
      R"([1],"data_offsets":[0,8])",
      R"([1],"data_offsets":[0,3])",
      R"([1],"data_offsets":[1,4])",
      R"([1],"data_offsets":[0,18446744073709551616])",
      R"([1],"data_offsets":[-0,4])",
      R"([1],"data_offsets":[0,4.0])",
      R"([1],"data_offsets":[0,4e0])",
      R"([01],"data_offsets":[0,4])",
      R"([1,],"data_offsets":[0,4])",
      R"([1,1,1,1,1],"data_offsets":[0,4])",
      R"([4611686018427387905],"data_offsets":[0,4])",
      R"([4294967296,4294967296],"data_offsets":[0,0])",
      R"([[1]],"data_offsets":[0,4])",
      R"("1","data_offsets":[0,4])",
  };
  for (const std::string& shape : shapes) {
    const std::string header = R"({"a":{"dtype":"F32","shape":)" + shape + "}}";
    EXPECT_NE(refusal(with_header(header, "0123")), "") << header;
  }
  const std::vector<std::string> headers = {
      R"()",
      R"({)",
      R"([])",
      R"(null)",
      R"({} {})",
      R"({}x)",
      R"({,})",
      R"({"a"})",
      R"({"a":1})",
      R"({"a":{}})",
      R"({"a:{}})",
      R"({'a':{}})",
      R"({"a\)",
      R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})",
      R"({"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}})",
      R"({"a\x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"a\u12":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      R"({"a\u12zz":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      "{" + one,
      "{" + one + ",}",
      "{" + one + "," + one + "}",
      "{\"a\n\":{}}",
      R"({"__metadata__":{},"__metadata__":{},)" + one + "}",
      R"({"__metadata__":{"a":1},)" + one + "}",
      R"({"__metadata__":{"a":{}},)" + one + "}",
      R"({"__metadata__":[],)" + one + "}",
  };
  for (const std::string& header : headers) EXPECT_NE(refusal(with_header(header, "0123")), "") << header;
  EXPECT_NE(refusal(with_header("{" + one + "}", "01234567")), "");  // data that is no tensor's
  EXPECT_NE(refusal(with_header("{" + one + "}", "")), "");
  const std::string deep(100000, '{');
  EXPECT_NE(refusal(with_header("{\"a\":" + deep, "")), "");

  std::string content = good_file();
  for (const uint64_t size : {uint64_t{0}, content.size() - 7, uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 7}) {
    std::memcpy(content.data(), &size, sizeof(size));
    EXPECT_NE(refusal(content), "") << size;
  }
}

TEST_F(RungWeightsFile, IsRefusedBeyondItsLimits) {
  const auto many = [](size_t count) {
    std::string header = "{";
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) header += ",";
      header += "\"" + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    }
    return with_header(header + "}", "");
  };
  EXPECT_EQ(refusal(many(kMostTensors)), "");
  EXPECT_NE(refusal(many(kMostTensors + 1)).find("too many tensors"), std::string::npos);
  EXPECT_EQ(refusal(with_header("{" + std::string(kMostHeaderBytes - 2, ' ') + "}", "")), "");
  EXPECT_NE(refusal(with_header("{" + std::string(kMostHeaderBytes - 1, ' ') + "}", "")), "");
}

// tests/formats has the same test.
TEST_F(RungWeightsFile, TheContractFileIsRead) {
  std::string error;
  const auto weights = RungWeights::open(APPROX_CONTRACT_DIR "/rungs.bin", 0, 0, &error);
  ASSERT_NE(weights, nullptr) << error;
  const auto shared = weights->find("", "conv_2d_7", "inputs:1/2");
  ASSERT_NE(shared, nullptr);
  EXPECT_EQ(std::vector<int32_t>(shared->groups, shared->groups + shared->group_count), (std::vector<int32_t>{1, 4}));
  EXPECT_EQ(shared->weights[0], 0.5f);
  const auto own = weights->find("cheap", "conv_2d_7", "inputs:1/2");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->group_count, 1);
  EXPECT_EQ(own->weights[11], 0.25f);
  const auto rank = weights->find("cheap", "fully_connected_9", "rank:3/4");
  ASSERT_NE(rank, nullptr);
  EXPECT_EQ(rank->k, 5);
  EXPECT_EQ(rank->rank, 2);
}

// Whatever a file is turned into, it is refused with a line or its weights can be read.
TEST_F(RungWeightsFile, SurvivesAnyDamage) {
  const std::string good = good_file();
  std::mt19937 random(7);
  const auto below = [&](size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); };
  const std::string letters = "{}[]\",:0123456789/\\ -eE.truI3F2U";
  uint64_t header_size = 0;
  std::memcpy(&header_size, good.data(), sizeof(header_size));
  int opened = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string content = good;
    for (size_t change = 0; change <= below(3); ++change) {
      const size_t at = round % 4 == 0 ? below(content.size()) : 8 + below(header_size);
      switch (below(4)) {
        case 0: content[at] = letters[below(letters.size())]; break;
        case 1: content[at] = static_cast<char>(below(256)); break;
        case 2: content.erase(at, 1 + below(8)); break;
        default: content.insert(at, content.substr(below(content.size()), below(40)));
      }
      if (content.size() < 9) content.resize(9);
      header_size = std::min<uint64_t>(header_size, content.size() - 8);
    }
    const auto weights = open(content);
    if (weights == nullptr) {
      ASSERT_FALSE(error_.empty());
      ASSERT_EQ(error_.find('\n'), std::string::npos);
      continue;
    }
    ++opened;
    double sum = 0;
    for (const char* const rung : {"", "cheap"}) {
      if (const auto found = weights->find(rung, "conv_2d_7", "inputs:1/2")) {
        for (int i = 0; i < found->group_count; ++i) ASSERT_GE(found->groups[i], i);
        for (int i = 0; i < found->outputs * 4 * found->group_count; ++i) sum += found->weights[i];
        for (int i = 0; i < found->outputs; ++i) sum += found->bias[i];
      }
      if (const auto found = weights->find(rung, "fully_connected_9", "rank:3/4")) {
        for (int i = 0; i < found->rank * found->k; ++i) sum += found->first[i];
        for (int i = 0; i < found->rank * found->outputs; ++i) sum += found->weights[i];
      }
    }
    volatile double keep = sum;  // so that it is really read
    static_cast<void>(keep);
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace approxlite
