// Plans the restoration of an OME-Zarr image in blocks from a line of the recorder, for deqir-blocks on a cluster.
#@ File (label="OME-Zarr image", style="directory") input
#@ String (label="Output (full path of a new .ome.zarr)", value="") output
#@ String (label="Line of the recorder", value="run(\"DeqIR Denoise...\", \"noise=auto\");") line

// Open the dialog on a part of the image with Plugins > Macros > Record... on; the line appears there.
print(call("org.deqir.command.BlockTasks.planRecorded", input, output, line));
