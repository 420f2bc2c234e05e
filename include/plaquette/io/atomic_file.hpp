#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace plaquette {

/// Replaces `path` by what `write` puts into the file it is given: a temporary file beside it,
/// synchronised to disk and renamed, so that `path` is always whole, old or new. If `previous` is
/// not empty the file replaced stays there. Throws IoError and whatever `write` throws; the file
/// at `path` is then as it was.
void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& temporary)>& write,
                  const std::filesystem::path& previous = {});

void write_text_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace plaquette
