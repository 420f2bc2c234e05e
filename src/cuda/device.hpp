#pragma once

#include <cstddef>
#include <string>

namespace plaquette::cuda {

struct DeviceStatus {
  bool usable;
  std::string description;  ///< name, compute capability, memory and driver; or why there is none
};

/// The current device. Never throws for the lack of one.
DeviceStatus device_status();

/// Bytes that are free on the current device.
std::size_t free_device_memory();

}  // namespace plaquette::cuda
