// Degrades, restores and compares all images of a folder, to see how far a restoration can be trusted.
#@ File (label="Folder of clean images", style="directory") truths
#@ String (label="Keys of DeqIR Degrade...", value="operator=blur width=1.5 noise=gaussian sigma=3") degrade
#@ String (label="Restore by", choices={"denoise", "deblur", "super-resolution", "inpaint"}, value="deblur") task
#@ File (label="Folder for tables and images", style="directory") output

// Run it again after a stop: what is in the folder is not done twice.
run("DeqIR Evaluate...", "truths=[" + truths + "] degrade=[" + degrade + "] task=" + task + " output=[" + output + "] images=true");
