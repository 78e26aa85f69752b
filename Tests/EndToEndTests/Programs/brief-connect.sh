# brief-connect.sh ADDRESS PORT: a blocking connect(), and it is gone, some milliseconds after it began.
exec 3<>"/dev/tcp/$1/$2"
