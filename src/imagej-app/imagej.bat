@echo off
rem Opens ImageJ with the DeqIR commands in its Plugins menu.
setlocal
set "APP=%~dp0"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" --enable-native-access=ALL-UNNAMED %JAVA_OPTS% "-Dplugins.dir=%APP:~0,-1%" -Dai.djl.offline=true -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "%APP%ij.jar;%APP%jars\*" ij.ImageJ %*
exit /b %ERRORLEVEL%
