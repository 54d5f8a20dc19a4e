# cargo_manifest_version(<Cargo.toml> <variable>): the version of the package that the manifest describes.
function(cargo_manifest_version manifest variable)
  file(STRINGS "${manifest}" lines REGEX "^version *= *\"[0-9]+\\.[0-9]+\\.[0-9]+[^\"]*\"")
  if(NOT lines)
    message(FATAL_ERROR "${manifest} has no line version = \"X.Y.Z\"")
  endif()
  list(GET lines 0 line)
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${line}")
  set(${variable} "${version}" PARENT_SCOPE)

  # A new version must show up without a fresh build tree.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${manifest}")
endfunction()
