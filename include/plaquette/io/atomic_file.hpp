#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace plaquette {

/// Replaces `path` by what `write` puts into the file it is given: a temporary file beside it,
/// synchronised to disk and renamed, so that `path` is always whole, old or new. If `previous` is
/// not empty the file replaced stays there. Throws IoError and whatever `write` throws; the file
/// at `path` is then as it was.
void replace_file(const std::filesystem::path& path,
                  const std::function<void(const std::filesystem::path& temporary)>& write,
                  const std::filesystem::path& previous = {});

/// Throws IoError unless a file could be put at `path`, as replace_file does: to be asked before
/// the work whose result goes there. Changes nothing.
void require_writable(const std::filesystem::path& path);

void write_text_atomically(const std::filesystem::path& path, std::string_view text);

/// All of a file; empty if there is none.
std::string read_text(const std::filesystem::path& path);

}  // namespace plaquette
