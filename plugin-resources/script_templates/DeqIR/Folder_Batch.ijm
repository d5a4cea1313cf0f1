// Runs one DeqIR command over all images of a folder and saves the results as TIFF.
#@ File (label="Images", style="directory") input
#@ File (label="Results", style="directory") output
#@ String (label="Command", choices={"DeqIR Denoise...", "DeqIR Deblur...", "DeqIR Super-Resolution...", "DeqIR Inpaint...", "DeqIR Colorize..."}) command
#@ String (label="Keys", value="noise=auto") keys
#@ String (label="File names end with", value=".tif") suffix

setBatchMode(true);
files = getFileList(input);
for (i = 0; i < files.length; i++) {
  if (!endsWith(files[i], suffix)) continue;
  showProgress(i, files.length);
  open(input + File.separator + files[i]);
  run(command, keys);
  saveAs("Tiff", output + File.separator + getTitle());
  close("*");
}
