"""Conan 2: conan create src/deploy/conan, from a checkout of maskpipe."""
import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.gnu import PkgConfigDeps


class Maskpipe(ConanFile):
    name = "maskpipe"
    version = "0.1.0"
    description = "Removes secret values from text that streams past"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "shared-library"
    # The requirements of the build; users of the shared library need none.
    requires = ("re2/20230301", "libyaml/0.2.5", "libsodium/1.0.19", "rapidjson/1.1.0",
                "boost/1.83.0", "spdlog/1.12.0",
                "libcurl/8.6.0", "openssl/3.2.1", "pugixml/1.14")  # of maskpipe-fetch
    default_options = {"boost/*:without_program_options": False}

    def export_sources(self):
        root = os.path.abspath(os.path.join(self.recipe_folder, "..", "..", ".."))
        for pattern in ("CMakeLists.txt", "src/*", "include/*"):
            copy(self, pattern, root, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.variables["MASKPIPE_BUILD_TESTS"] = False
        toolchain.variables["MASKPIPE_INSTALL"] = True
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["maskpipe"]
        self.cpp_info.set_property("cmake_file_name", "maskpipe")
        self.cpp_info.set_property("cmake_target_name", "maskpipe::maskpipe")
        self.cpp_info.set_property("pkg_config_name", "maskpipe")
