// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "imagej/command.h"

namespace smear::imagej {

// One file a function, each beside its like.
void add_type_commands(CommandTable& table);  // 8-bit ... RGB Color, Split Channels, HSB Stack
void add_arithmetic_commands(CommandTable& table);  // Add... Gamma..., Invert, Image Calculator
void add_geometry_commands(CommandTable& table);    // Size..., Crop, Rotate, Canvas Size...
void add_selection_commands(CommandTable& table);  // makeRectangle, Select All, Fill, Clear Outside
void add_selection_shape_commands(CommandTable& table);  // Enlarge..., Fit Ellipse, Specify...
void add_overlay_commands(CommandTable& table);          // Add Selection..., To ROI Manager
void add_stack_commands(CommandTable& table);            // Stack to Images, Z Project...
void add_arrangement_commands(CommandTable& table);      // Bin..., Make Montage..., Combine...
void add_expression_commands(CommandTable& table);       // Macro...
void add_window_commands(CommandTable& table);           // selectWindow, rename, close, newImage
void add_smoothing_commands(CommandTable& table);    // Gaussian Blur..., Median..., Unsharp Mask...
void add_contrast_commands(CommandTable& table);     // Enhance Contrast..., Find Edges, Sharpen
void add_convolution_commands(CommandTable& table);  // Convolve..., North, South
void add_background_commands(CommandTable& table);   // Subtract Background...
void add_threshold_commands(CommandTable& table);    // setAutoThreshold, Convert to Mask
void add_binary_commands(CommandTable& table);       // Erode, Fill Holes, Skeletonize
void add_distance_commands(CommandTable& table);     // Distance Map, Watershed, Find Maxima...
void add_measurement_commands(CommandTable& table);  // Set Measurements..., Measure, Set Scale...
void add_particle_commands(CommandTable& table);     // Analyze Particles...
void add_roi_manager_commands(CommandTable& table);  // roiManager(...)
void add_file_commands(CommandTable& table);         // open, saveAs
void add_option_commands(CommandTable& table);       // setOption, setBatchMode, Options...

/// The title that ImageJ gives a copy in batch mode: -1 before the ending, in place of such a
/// number.
std::string title_of_copy(const std::string& title);

}  // namespace smear::imagej
