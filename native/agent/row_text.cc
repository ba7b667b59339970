#include "agent/row_text.h"

#include <nlohmann/json.hpp>

#include "agent/start_line.h"

namespace approxlite::agent {
namespace {

using Json = nlohmann::ordered_json;

// Names of sensors come from vendors and need not be UTF-8.
std::string line_of(const Json& row) { return row.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json state(const DeviceState& state) {
  Json object = Json::object();
  if (!state.temperature_c.empty()) object["temperature_c"] = state.temperature_c;
  if (state.thermal_status.has_value()) object["thermal_status"] = *state.thermal_status;
  if (!state.frequency_mhz.empty()) object["frequency_mhz"] = state.frequency_mhz;
  if (!state.frequency_limit_mhz.empty()) object["frequency_limit_mhz"] = state.frequency_limit_mhz;
  if (state.charge.has_value()) object["charge"] = *state.charge;
  if (state.plugged.has_value()) object["plugged"] = *state.plugged;
  return object;
}

}  // namespace

std::string opening_row(const Opening& opening) {
  Json operators = Json::array();
  for (const OperatorKnobs& op : opening.operators) {
    operators.push_back({{"id", op.id}, {"knobs", op.knobs}, {"multiply_accumulates", op.multiply_accumulates}});
  }
  return line_of({{"kind", "opening"},
                  {"protocol", kProtocol},
                  {"agent", opening.agent},
                  {"model_sha256", opening.model_sha256},
                  {"numerics_version", opening.numerics_version},
                  {"kernel_variant", opening.kernel_variant},
                  {"features", opening.features},
                  {"runtime_version", opening.runtime_version},
                  {"operators", std::move(operators)},
                  {"time_s", opening.time_s},
                  {"boot_id", opening.boot_id}});
}

std::string block_row(const Block& block, const Measured& measured, const std::vector<std::string>& sources) {
  Json row = {{"kind", "block"},           {"block", block.number},     {"begin_ns", measured.begin_ns},
              {"end_ns", measured.end_ns}, {"time_s", measured.time_s}, {"inferences", measured.latencies.count()}};
  if (measured.latencies.count() > 0) {
    row["latency_ns"] = {{"total", measured.latencies.total()},
                         {"median", measured.latencies.quantile(0.5)},
                         {"p99", measured.latencies.quantile(0.99)},
                         {"minimum", measured.latencies.minimum()},
                         {"maximum", measured.latencies.maximum()}};
  }
  if (!measured.operator_ns.empty()) {
    Json times = Json::object();
    for (const auto& [id, ns] : measured.operator_ns) times[id] = ns;
    row["operator_ns"] = std::move(times);
  }
  row["before"] = state(measured.before);
  row["after"] = state(measured.after);
  Json readings = Json::array();
  for (const Reading& reading : measured.readings) {
    const std::string& source = sources[static_cast<size_t>(reading.source)];
    readings.push_back({{"at_ns", reading.at_ns}, {"source", source}, {"value", reading.value}});
  }
  row["readings"] = std::move(readings);
  if (!measured.output_sha256.empty()) row["output_sha256"] = measured.output_sha256;
  row["waited_s"] = measured.waited_s;
  row["ended"] = measured.ended;
  return line_of(row);
}

std::string end_row(const std::string& why, double time_s) {
  return line_of({{"kind", "end"}, {"why", why}, {"time_s", time_s}});
}

size_t longest_row(const Block& block, size_t sources, size_t operators) {
  const double instants = block.readings_ms > 0 ? block.longest_s * 1e3 / static_cast<double>(block.readings_ms) : 0;
  return 16384 + 128 * operators + static_cast<size_t>(instants + 4) * sources * 128;
}

}  // namespace approxlite::agent
